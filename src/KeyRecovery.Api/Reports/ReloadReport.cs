namespace KeyRecovery.Api.Reports;

/// <summary>What <c>reload</c> came to.</summary>
/// <param name="Apps">The apps that are served from now on.</param>
/// <param name="Operators">How many operators there are.</param>
/// <param name="AtNextStart">Settings that have changed too, and wait for the next start.</param>
/// <param name="Problems">Why nothing was changed, each with its key; empty where it was done.</param>
internal sealed record ReloadReport(
    IReadOnlyList<string> Apps, int Operators, IReadOnlyList<string> AtNextStart, IReadOnlyList<string> Problems);
