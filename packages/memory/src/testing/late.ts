/** What the call gives, after everything that is ready has run: as an adapter on a server that does not hear an abort would. */
export async function late<T>(call: Promise<T>): Promise<T> {
  const given = await call;
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  return given;
}
