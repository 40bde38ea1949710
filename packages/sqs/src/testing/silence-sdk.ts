import { vi } from "vitest";

/** Keeps the SDK from warning, once for each test file, that it will leave this version of Node behind. */
export function silenceSdk(): void {
  vi.stubEnv("AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED", "true");
}
