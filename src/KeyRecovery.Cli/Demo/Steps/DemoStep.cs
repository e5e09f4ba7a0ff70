using KeyRecovery.Cli.Demo.Telling;
using KeyRecovery.Cli.Demo.World;

namespace KeyRecovery.Cli.Demo.Steps;

/// <summary>One step of the story. It ends well only if everything it claims was verified.</summary>
internal abstract class DemoStep
{
    /// <summary>For machines.</summary>
    public abstract string Name { get; }

    /// <summary>For people.</summary>
    public abstract string Title { get; }

    public abstract Task RunAsync(DemoWorld world, StepTale tale, CancellationToken ct);
}
