/** How the engine names the checkpoints and leases of the simulated consumer on the simulated log. */
export const scopeName = "simulated/simulated";
