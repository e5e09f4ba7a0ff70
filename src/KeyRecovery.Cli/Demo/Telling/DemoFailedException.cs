namespace KeyRecovery.Cli.Demo.Telling;

/// <summary>A claim of the demo does not hold.</summary>
internal sealed class DemoFailedException(string claim) : Exception(claim);
