/**
 * Closes one after the other, each of them also when another one fails. The work of the command is done by then, so a
 * failure changes nothing of its result: it becomes a note.
 */
export async function closeAll(
  closings: readonly (() => Promise<void> | undefined)[],
  note: (line: string) => void,
): Promise<void> {
  for (const close of closings)
    try {
      await close();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      note(`This command did not close all of its connections: ${why}`);
    }
}
