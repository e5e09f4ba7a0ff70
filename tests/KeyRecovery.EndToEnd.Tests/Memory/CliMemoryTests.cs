using KeyRecovery.EndToEnd.Tests.Inspection;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;
using Xunit.Abstractions;

namespace KeyRecovery.EndToEnd.Tests.Memory;

/// <summary>
/// F30 of the command line: what is in the memory of each command when it has done all and ends. No seed, key, typed
/// code or passphrase, nor what is made of them; a code that it showed is text, and stays until then.
/// </summary>
public sealed class CliMemoryTests(ITestOutputHelper output) : IDisposable
{
    private const string Passphrase = "sphinx of black quartz judge my vow 4711";

    // What only a device does that is trusted is done at once.
    private static readonly (string, string)[] Trusting =
    [
        ("Apps:0:Id", "demo"), ("Apps:0:Issuer", "urn:keyrecovery:development"), ("Apps:0:Audience", "demo"),
        ("Apps:0:Policy:TrustAfterHours", "0"),
    ];

    private readonly TempFolder _folder = new();
    private readonly List<Canary> _secrets = [.. ClientSecrets.OfText("passphrase", Passphrase)];
    private readonly List<string> _left = [];
    private int _codes;

    public void Dispose() => _folder.Dispose();

    [NeedsFact(Need.Linux, Need.Tracing)]
    public async Task F30_no_secret_is_in_the_memory_of_any_command_when_it_ends()
    {
        await using var server = await ServerProcess.StartAsync(_folder["data"], 0, Trusting);
        var cli = new CliLife(server.Address, _folder);
        var token = _folder["token"];
        await File.WriteAllTextAsync(token, await server.TokenAsync("somebody"));
        await File.WriteAllTextAsync(_folder["item"], "some content");

        var created = await cli.RunAsync("phone", "", "account", "create", "--code", "--token", token);
        var code = created.Text("code");
        AddCode(code);
        // The control: what is shown is there to be found, so a secret would be.
        Assert.NotEmpty(new CanaryScanner(ClientSecrets.OfText("code", code[4..])).ScanFile(created.Image));
        await LookAsync(created, shows: "code 0");

        await LookAsync(await cli.RunAsync("phone", "", "backup", "put", "note", _folder["item"]));
        await LookAsync(await cli.RunAsync("phone", "", "backup", "get", "note", "-o", _folder["got"]));
        await LookAsync(await cli.RunAsync("phone", code, "code", "check"));
        // One character of the last group is another: all the rest is the code.
        await LookAsync(await cli.FailAsync("phone", code[..^1] + (code[^1] == 'q' ? 'p' : 'q'), "code", "check"));
        await LookAsync(await cli.InterruptAsync("phone"));
        var second = await cli.RunAsync("phone", "", "code", "create");
        AddCode(second.Text("code"));
        await LookAsync(second, shows: "code 1");
        var set = await cli.RunAsync("phone", Passphrase, "passphrase", "set", "--token", token);
        _secrets.AddRange(await PassphraseSecrets.OfAsync(
            server, cli.Home("phone"), Passphrase, await File.ReadAllTextAsync(token)));
        await LookAsync(set, isEstimated: true);
        await LookAsync(await cli.RunAsync("phone", Passphrase, "passphrase", "check", "--token", token));
        await LookAsync(await cli.RunAsync("tablet", code, "recover", "--code", "--remove", "none"));
        await LookAsync(await cli.RunAsync(
            "laptop", Passphrase, "recover", "--passphrase", "--remove", "none", "--token", token));
        await LookAsync(await cli.FailAsync(
            "nobody", Passphrase[..^1], "recover", "--passphrase", "--remove", "none", "--token", token));
        foreach (var end in await cli.LinkAsync("phone", "watch")) await LookAsync(end);
        await LookAsync(await cli.RunAsync("phone", "", "account", "undo", "--to", "1", "--keep-everybody", "--yes"));
        var tablet = (await cli.RunAsync("tablet", "", "account", "show")).Text("deviceId");
        await LookAsync(await cli.RunAsync("phone", "", "device", "revoke", tablet));
        await LookAsync(await cli.RunAsync("phone", "", "account", "show"));

        foreach (var hit in _left) output.WriteLine(hit);
        Assert.Empty(_left);
    }

    [NeedsFact(Need.Linux, Need.Tracing)]
    public async Task Negative_control_the_keys_of_a_command_that_is_at_work_are_found()
    {
        await using var server = await ServerProcess.StartAsync(_folder["data"]);
        var cli = new CliLife(server.Address, _folder);
        await File.WriteAllTextAsync(_folder["token"], await server.TokenAsync("somebody"));
        await cli.RunAsync("phone", "", "account", "create", "--no-code", "--token", _folder["token"]);
        using var show = cli.Start("phone", _folder["image"], "link", "show");
        Assert.NotNull(await show.Process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(1)));
        var found = new CanaryScanner(await KeptAsync(cli)).ScanMemory(await show.Id);
        Assert.Contains(found, hit => hit.Contains("seed of phone", StringComparison.Ordinal));
        Assert.Contains(found, hit => hit.Contains("key of epoch 1 of phone", StringComparison.Ordinal));
    }

    private void AddCode(string code)
    {
        var what = $"code {_codes++}";
        _secrets.AddRange(ClientSecrets.OfCode(ClientSecrets.EntropyOf(code), what));
    }

    private async Task LookAsync(CliEnd end, string? shows = null, bool isEstimated = false)
    {
        var scanner = new CanaryScanner([.. _secrets, .. await KeptAsync(end.Cli)]);
        var found = scanner.ScanFile(end.Image)
            .Where(hit => !(shows is not null && IsText(hit, shows)) && !(isEstimated && IsEstimated(hit)))
            .Select(hit => hit[(hit.IndexOf(": ", StringComparison.Ordinal) + 2)..]).ToList();
        output.WriteLine($"{end.Command}: {scanner.Scanned:N0} bytes, {found.Count} found");
        Assert.True(scanner.Scanned > 20_000_000, "the memory of the command was looked through");
        _left.AddRange(found.Select(hit => $"after {end.Command}: {hit}"));
        File.Delete(end.Image);
    }

    // Text of a code that the command has shown (docs/threat-model.md): not its entropy, and no seed.
    private static bool IsText(string hit, string shows) =>
        hit.Contains($": {shows} from ", StringComparison.Ordinal)
        || hit.Contains($": {shows} as shown from ", StringComparison.Ordinal);

    // Where one realm guards, a new passphrase is judged by a library over strings.
    private static bool IsEstimated(string hit) => hit.Contains(": passphrase from", StringComparison.Ordinal)
        && hit.EndsWith("(UTF-16)", StringComparison.Ordinal);

    // What the homes hold now; epochs that are over stay secrets.
    private async Task<List<Canary>> KeptAsync(CliLife cli)
    {
        var kept = new List<Canary>();
        foreach (var home in cli.Homes)
        {
            kept.Add(new Canary($"key of the files of {home}", await File.ReadAllBytesAsync(
                Path.Combine(cli.Home(home), "device.key"))));
            using var state = await new FileDeviceStore(cli.Home(home)).LoadAsync(default);
            kept.AddRange(DeviceSecrets.Of(state!, home));
        }
        return kept;
    }
}
