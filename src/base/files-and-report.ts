/** Files that are made as they are read, and a report that is there when the last of them is out. */
export interface FilesAndReport<File, Report> {
  files: AsyncGenerator<File, void, void>;
  report: Promise<Report>;
}

/**
 * `make` gives the files and says the report; what it throws, both reject with. `unread` is why there is no report
 * where the reader stops before the end.
 */
export function filesAndReport<File, Report>(
  unread: string,
  make: (done: (report: Report) => void) => AsyncGenerator<File, void, void>,
): FilesAndReport<File, Report> {
  let resolve: (report: Report) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const report = new Promise<Report>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  report.catch(() => {}); // whoever reads the files hears of it there
  async function* files(): AsyncGenerator<File, void, void> {
    try {
      yield* make(resolve);
    } catch (error) {
      reject(error);
      throw error;
    } finally {
      reject(new Error(unread));
    }
  }
  return { files: files(), report };
}
