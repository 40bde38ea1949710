import picocolors from "picocolors";

/** Where the output goes. */
export interface Terminal {
  /** Whether lines can be drawn over. */
  readonly interactive: boolean;
  readonly colors: ReturnType<typeof picocolors.createColors>;
  readonly stream: NodeJS.WriteStream;
  print(text?: string): void;
}

/** The terminal, or the file or pipe, that standard output leads to. */
export function terminal(stream: NodeJS.WriteStream = process.stdout): Terminal {
  const interactive = stream.isTTY ? process.env["TERM"] !== "dumb" : false;
  const colored = interactive && (process.env["NO_COLOR"] ?? "") === "";
  return {
    interactive,
    colors: picocolors.createColors(colored),
    stream,
    print: (text = "") => void stream.write(`${text}\n`),
  };
}
