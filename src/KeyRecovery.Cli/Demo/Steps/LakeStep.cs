using KeyRecovery.Cli.Demo.Telling;
using KeyRecovery.Cli.Demo.World;

namespace KeyRecovery.Cli.Demo.Steps;

/// <summary>The phone is lost; somebody may have a copy of it.</summary>
internal sealed class LakeStep : DemoStep
{
    public override string Name => "lake";

    public override string Title => "The phone falls into a lake";

    public override Task RunAsync(DemoWorld world, StepTale tale, CancellationToken ct)
    {
        tale.Say("Its keys are gone with it. Somebody may have copied them before; we keep such a copy for later.");
        Copy(world.Phone.Home, world["copy"]);
        world.Phone.Dispose();
        Directory.Delete(world.Phone.Home, recursive: true);
        tale.Holds(!Directory.Exists(world.Phone.Home),
            "the phone's keys are deleted; what is left is 32 characters on paper, and six words in a head");
        return Task.CompletedTask;
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }
}
