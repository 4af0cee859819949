import type { ComparedMatrix } from "../../types.js";
import { count, decimals, figure, percent } from "../format.js";

/** One figure of a matrix for people; both tables and pages show these. */
export interface ChangeColumn {
  title: string;
  about: string;
  cell(matrix: ComparedMatrix): string;
}

const rank = (value: number | undefined): string => (value === undefined ? "" : count(value));

/** In the order they are shown; those at the end give way on a narrow terminal. */
export const changeColumns: readonly ChangeColumn[] = [
  {
    title: "change",
    about: "‖ΔW‖/‖W‖",
    cell: ({ relativeChange: change }) => (change === null ? "–" : figure(change)),
  },
  {
    title: "rank",
    about: "Directions of ΔW above what rounding to the two files' types leaves",
    cell: ({ rankAboveRounding, changed }) => (changed === 0 ? "" : count(rankAboveRounding)),
  },
  { title: "90 %", about: "Directions that hold 90 % of ‖ΔW‖²", cell: ({ energyRanks }) => rank(energyRanks?.["0.9"]) },
  {
    title: "99 %",
    about: "Directions that hold 99 % of ‖ΔW‖²",
    cell: ({ energyRanks }) => rank(energyRanks?.["0.99"]),
  },
  {
    title: "PR",
    about: "Participation ratio of ΔW",
    cell: ({ participation }) => (participation ? figure(participation.value, 3) : ""),
  },
  {
    title: "noise",
    about: "Participation ratio of noise of this shape",
    cell: ({ noiseParticipationRatio, changed }) => (changed === 0 ? "" : figure(noiseParticipationRatio, 3)),
  },
  { title: "cosine", about: "Of ΔW with W", cell: ({ cosine }) => (cosine === null ? "" : decimals(cosine, 3)) },
  {
    title: "entries %",
    about: "Share of entries that changed",
    cell: ({ changed }) => (changed === 0 ? "" : percent(changed)),
  },
  { title: "50 %", about: "Directions that hold half of ‖ΔW‖²", cell: ({ energyRanks }) => rank(energyRanks?.["0.5"]) },
  {
    title: "signal",
    about: "Directions of ΔW above its own noise",
    cell: ({ signal }) => (signal ? count(signal.directions) : ""),
  },
];
