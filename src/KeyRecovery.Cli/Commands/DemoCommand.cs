using System.CommandLine;
using KeyRecovery.Cli.Demo;
using KeyRecovery.Cli.Demo.Telling;
using KeyRecovery.Cli.Demo.World;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Invocation;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>demo</c>: the whole story on a real server in a temporary folder.</summary>
internal static class DemoCommand
{
    public static Command Make()
    {
        var keep = new Option<bool>(
            "--keep") { Description = "Keep the temporary folder: the server's data, the homes, the recovery kit" };
        return new Command(
            "demo", "Tells the whole story, on a real server in a temporary folder; every step is verified") { keep }
            .Runs((context, parsed, ct) => RunAsync(context, parsed.GetValue(keep), ct), usesHome: false);
    }

    private static async Task<int> RunAsync(CliContext context, bool keep, CancellationToken ct)
    {
        DemoHost.Find();
        ITeller teller = context.Output.IsJson ? new JsonTeller(context.Output) : new PeopleTeller();
        return await new Story(teller, keep).RunAsync(ct) ? ExitCode.Done : ExitCode.Failed;
    }
}
