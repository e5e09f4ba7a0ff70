using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;
using KeyRecovery.Cli.Witness;
using KeyRecovery.Protocol.Audit.Log;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>audit witness</c>: cosigns logs that grow and change nothing of what they had.</summary>
internal static class AuditWitnessCommand
{
    private const string DefaultListen = "127.0.0.1:7380";

    // As long as one request may take to come, on any connection that is one.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    public static Command Make()
    {
        var key = new Option<string>("--key") { HelpName = "FILE", Required = true,
            Description = "The witness's key, from: keyrecovery audit witness-key" };
        var state = new Option<string>("--state") { HelpName = "DIR", Required = true,
            Description = "Where it keeps what it cosigned last, and evidence: never put back an older copy" };
        var logs = new Option<string[]>("--log") { HelpName = "VKEY", Required = true,
            AllowMultipleArgumentsPerToken = true,
            Description = "A log's verifier key, the log of its GET /audit/key; several for several logs, or for a log "
                + "that changes its key" };
        var listen = new Option<string>("--listen") { HelpName = "ADDRESS:PORT",
            DefaultValueFactory = _ => DefaultListen,
            Description = "Where it listens; beyond this machine put a proxy with TLS in front of it" };
        return new Command(
            "witness", "Serves as a witness (C2SP tlog-witness): cosigns the checkpoints of logs that only grow") {
            key, state, logs, listen,
        }.Runs((context, parsed, ct) => RunAsync(
            context, parsed.GetRequiredValue(key), parsed.GetRequiredValue(state), parsed.GetRequiredValue(logs),
            parsed.GetRequiredValue(listen), ct), usesHome: false);
    }

    private static async Task RunAsync(
        CliContext context, string keyFile, string state, string[] logs, string listen, CancellationToken ct)
    {
        if (!IPEndPoint.TryParse(listen, out var at) || !listen.Contains(':', StringComparison.Ordinal))
            throw new CommandException(CliFailure.Usage("--listen takes ADDRESS:PORT"));
        using var key = await WitnessKey.ReadAsync(keyFile, ct);
        using var folder = WitnessFolder.Open(state, key.Public);
        using var desk = new WitnessDesk(
            key, logs.Select(Read).Distinct(), folder, context.Output, TimeProvider.System);
        List<(string Origin, ulong? Size)> known;
        try
        {
            known = [.. desk.Known()];
        }
        catch (InvalidDataException damaged)
        {
            throw new CommandException(new CliFailure("witness-state", damaged.Message)
            {
                Advice = ["Put back the newest copy of it, or run another witness with another key: a witness that "
                    + "forgets cosigns two trees."],
            });
        }

        await using var server = Listen(at, desk);
        context.Output.Step(
            new JsonObject
            {
                ["event"] = "listening", ["address"] = $"http://{server.Address}", ["vkey"] = key.Public.ToString(),
                ["logs"] = known.Select(log => (JsonNode)new JsonObject
                {
                    ["origin"] = log.Origin, ["size"] = log.Size,
                }).ToJson(),
                ["evidence"] = folder.Accusations,
            },
            people =>
            {
                people.WriteLine($"Listening on http://{server.Address} as");
                people.WriteUnbroken(key.Public.ToString());
                foreach (var (origin, size) in known)
                    people.WriteLine(size is { } last
                        ? $"{origin}: cosigned up to {last}" : $"{origin}: nothing cosigned yet");
                if (folder.Accusations is > 0 and var count)
                    people.WriteLine($"Evidence against logs is kept in {state}: {Words.Count(count, "file")}");
            });
        try
        {
            await Task.Delay(Timeout.Infinite, ct);
        }
        catch (OperationCanceledException)
        {
            // It was told to stop: what is under way ends.
        }
    }

    private static HttpServer Listen(IPEndPoint at, WitnessDesk desk)
    {
        try
        {
            return new HttpServer(at, desk.AnswerAsync, WitnessRequest.MaxSize, Longest);
        }
        catch (SocketException taken)
        {
            throw new CommandException(new CliFailure("listen", $"cannot listen on {at}: {taken.Message}"));
        }
    }

    private static NoteKey Read(string text) =>
        NoteKey.TryParse(text, out var log) && log.Type == NoteSignatureType.Ed25519
            ? log
            : throw new CommandException(CliFailure.Usage(
                "--log takes a log's verifier key, NAME+ID+KEY", "It is the log of the server's GET /audit/key."));
}
