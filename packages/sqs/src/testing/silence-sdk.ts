/** Keeps the SDK from warning, in each process that makes a client, that it will leave this version of Node behind. */
export function silenceSdk(): void {
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
}
