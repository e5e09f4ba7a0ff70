namespace KeyRecovery.Api.Reports;

/// <summary>What <c>reload</c> asks of the running server.</summary>
/// <param name="Verb"><c>reload</c>.</param>
internal sealed record ReloadRequest(string Verb);
