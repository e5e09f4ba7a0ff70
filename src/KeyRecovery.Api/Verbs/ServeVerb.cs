using KeyRecovery.Api.CommandLine;
using KeyRecovery.Api.Hosting;

namespace KeyRecovery.Api.Verbs;

/// <summary><c>serve</c>: runs until it is told to stop, then answers what is under way, within 20 s.</summary>
internal static class ServeVerb
{
    public static async Task<int> RunAsync(string[] args)
    {
        SettingArguments.Check(args);
        await using var app = Server.Build(args);
        await app.RunAsync();
        return 0;
    }
}
