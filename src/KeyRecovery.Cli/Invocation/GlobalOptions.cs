using System.CommandLine;
using System.CommandLine.Parsing;
using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Cli.Invocation;

/// <summary>What every command takes.</summary>
internal static class GlobalOptions
{
    public const string DefaultServer = "http://127.0.0.1:5080";

    public const string DefaultApp = "demo";

    public static Option<string> Server { get; } = Make(
        "--server", "URL", "The server; the home of an account remembers its own", _ => DefaultServer,
        value => ServerAddress.FindFault(Uri.TryCreate(value, UriKind.Absolute, out var uri) ? uri : null) is { } fault
            ? $"--server: {fault}" : null);

    public static Option<string> App { get; } = Make(
        "--app", "ID", "The app's id on the server; the home of an account remembers its own", _ => DefaultApp,
        value => AccountIds.IsAppId(value) ? null : "--app takes 1 to 64 characters of a-z 0-9 . -");

    public static Option<string> Home { get; } = Make(
        "--home", "DIR", "Where this device keeps its keys; KEYRECOVERY_HOME sets another default", _ => DefaultHome(),
        value => value.Length > 0 ? null : "--home takes a folder");

    public static Option<string?> Store { get; } = MakeStore();

    public static Option<bool> Lock { get; } = new("--lock")
    {
        Description =
            "A new home's key in a file under a passphrase, which is asked for, or is the first line of standard input",
        Recursive = true,
    };

    public static Option<string?> Token { get; } =
        new("--token") { HelpName = "FILE",
            Description = "A file with the app's token for its user, - for standard input", Recursive = true };

    public static Option<string?> Realms { get; } = new("--realms")
    {
        HelpName = "FILE",
        Description =
            "A JSON list of the servers that guard passphrases, with their fingerprints [default: the server alone]",
            Recursive = true,
    };

    public static Option<string?> LogPolicy { get; } = new("--log-policy")
    {
        HelpName = "FILE",
        Description =
            "The server's log and its witnesses, as C2SP tlog-policy [default: the log's key that was seen first]",
            Recursive = true,
    };

    public static Option<bool> Json { get; } =
        new("--json") { Description = "One JSON object on standard output, for machines", Recursive = true };

    public static IEnumerable<Option> All => [Server, App, Home, Store, Lock, Token, Realms, LogPolicy, Json];

    /// <summary>What was given; null where the default stands in.</summary>
    public static string? Given(ParseResult parsed, Option<string> option) =>
        parsed.GetResult(option) is { Implicit: false } ? parsed.GetValue(option) : null;

    /// <summary>The output that the command line asks for, even where it is wrong otherwise.</summary>
    public static IOutput OutputOf(ParseResult parsed) =>
        parsed.GetResult(Json) is { Implicit: false } ? new JsonOutput() : new PeopleOutput();

    private static Option<string?> MakeStore()
    {
        var option = new Option<string?>("--store")
        {
            HelpName = "file|os",
            Description = "Where a new home keeps its key; KEYRECOVERY_STORE=file sets another default "
                + "[default: the operating system's store where one answers, else a file]",
            Recursive = true,
        };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is not ("file" or "os"))
                result.AddError("--store takes file or os");
        });
        return option;
    }

    private static string DefaultHome() =>
        Environment.GetEnvironmentVariable("KEYRECOVERY_HOME") is { Length: > 0 } home
        ? home
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".keyrecovery");

    private static Option<string> Make(
        string name, string helpName, string description, Func<ArgumentResult, string> byDefault,
        Func<string, string?> check)
    {
        var option = new Option<string>(name) {
            HelpName = helpName, Description = description, DefaultValueFactory = byDefault, Recursive = true,
        };
        option.Validators.Add(result =>
        {
            if (!result.Implicit && check(result.GetValueOrDefault<string>() ?? "") is { } error)
                result.AddError(error);
        });
        return option;
    }
}
