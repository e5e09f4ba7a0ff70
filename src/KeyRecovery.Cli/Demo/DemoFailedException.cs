namespace KeyRecovery.Cli.Demo;

/// <summary>A claim of the demo does not hold.</summary>
internal sealed class DemoFailedException(string claim) : Exception(claim);
