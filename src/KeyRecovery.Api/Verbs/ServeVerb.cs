using KeyRecovery.Api.CommandLine;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Options;

namespace KeyRecovery.Api.Verbs;

/// <summary><c>serve</c>: runs until it is told to stop, then answers what is under way, within 20 s.</summary>
internal static class ServeVerb
{
    public static async Task<int> RunAsync(string[] args)
    {
        SettingArguments.Check(args);
        await using var app = Server.Build(args);
        try
        {
            await app.StartAsync();
        }
#pragma warning disable CA1031 // The log has its stack. Whatever it is, it ends in a sentence and not in a crash.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            await Console.Error.WriteLineAsync("the server does not start at "
                + $"{string.Join(", ", ListenAddresses.Of(app.Configuration))}: {failure.Message}");
            return 1;
        }

        await app.WaitForShutdownAsync();
        return ExitCodeOf(app.Services);
    }

    /// <summary>
    /// 0 after a stop in order. 1 where a duty ended by itself, which stops the server: who watches it starts it again.
    /// </summary>
    public static int ExitCodeOf(IServiceProvider services) =>
        services.GetServices<IHostedService>().OfType<BackgroundService>()
            .Any(duty => duty.ExecuteTask is { IsFaulted: true }) ? 1 : 0;
}
