import type { HTMLAttributes } from "react";
import type { WeightScopeAttributes, WeightScopeElement, WeightScopeEvents } from "weightscope/element";

/** React 19 listens by `on` and the event's name, as it is. */
type Listeners = { [Name in keyof WeightScopeEvents as `on${Name}`]?: (event: WeightScopeEvents[Name]) => void };

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "weight-scope": WeightScopeAttributes &
        Listeners &
        Omit<HTMLAttributes<WeightScopeElement>, keyof WeightScopeAttributes | keyof Listeners>;
    }
  }
}
