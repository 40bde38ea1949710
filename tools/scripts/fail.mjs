/** An error whose message is all that its reader needs: printed without a stack trace, and the exit code is 1. */
export class Failure extends Error {}

/** Runs a script's body, and turns what it throws into a message and an exit code. */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    console.error(error instanceof Failure ? error.message : error);
    process.exitCode = 1;
  }
}
