import { useState } from "react";
import type { Report } from "weightscope";
import "weightscope/element";
import model from "../../selftrained-llama-en.bf16.safetensors?url";

/** The bundled model, or a checkpoint of the visitor's; its report is this component's state. */
export function App() {
  const [file, setFile] = useState<File | null>(null);
  const [report, setReport] = useState<Report | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const choose = (chosen: File | null) => {
    setFile(chosen);
    setReport(null);
    setTrouble(null);
  };
  const signal = report?.summary.signal;
  return (
    <main>
      <h1>How many of its directions are signal?</h1>
      <label>
        A checkpoint of yours <input type="file" onChange={(event) => choose(event.target.files?.[0] ?? null)} />
      </label>
      <p role="status">
        {trouble ?? (signal ? `${signal.directions} of ${signal.of} directions stand above noise` : "Reading …")}
      </p>
      <weight-scope
        src={file ? undefined : model}
        source={file}
        gaussians="auto,8"
        charts="energy norms"
        table
        onreport={({ detail }) => setReport(detail.report)}
        onfailed={({ detail }) => setTrouble(String(detail.error))}
      />
    </main>
  );
}
