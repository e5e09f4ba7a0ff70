using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Files;
using KeyRecovery.Cli.Input;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Cli.Invocation;

/// <summary>
/// Where a home's account is, kept beside its keys, so that nobody has to say it again: <c>server.json</c> in the home.
/// It is no secret. A home without it is of an earlier version, and knows nothing.
/// </summary>
/// <param name="Server">The server.</param>
/// <param name="App">The app's id there.</param>
internal sealed record HomeSettings(Uri Server, string App)
{
    private const int Most = 64 * 1024;

    /// <summary>What a home knows; null where it knows nothing.</summary>
    /// <exception cref="CommandException">The file is damaged.</exception>
    public static HomeSettings? Read(string home)
    {
        var path = PathIn(home);
        try
        {
            var members = JsonElement.Parse(BoundedFile.Read(path, Most));
            if (Uri.TryCreate(members.GetProperty("server").GetString(), UriKind.Absolute, out var server)
                && server.Scheme is "http" or "https" && ServerAddress.FindFault(server = new Uri(server, "/")) is null
                && members.GetProperty("app").GetString() is { } app && AccountIds.IsAppId(app))
                return new HomeSettings(server, app);
        }
        catch (Exception none) when (none is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception damage) when (damage is JsonException or InvalidOperationException or KeyNotFoundException
            or InvalidDataException or UnauthorizedAccessException)
        {
            // Told below, like a file that says something else.
        }
        throw new CommandException(new CliFailure("home-unreadable", $"{path} is damaged")
        {
            Advice =
            [
                "It says which server the account is on, and holds no key: delete it, and give --server and --app.",
            ],
        });
    }

    /// <summary>Keeps it in a home, in place of what was kept there.</summary>
    public Task WriteAsync(string home, CancellationToken ct)
    {
        var members = new JsonObject { ["server"] = Server.AbsoluteUri, ["app"] = App };
        return PrivateFile.WriteAsync(PathIn(home), Encoding.UTF8.GetBytes(members.ToJsonString() + "\n"), ct);
    }

    /// <summary>The file of a home.</summary>
    public static string PathIn(string home) => Path.Combine(home, "server.json");
}
