using KeyRecovery.EndToEnd.Tests.Inspection;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;
using Xunit.Abstractions;

namespace KeyRecovery.EndToEnd.Tests.Memory;

/// <summary>
/// F30: once a flow has ended and the app has let go of it, no code, passphrase, seed or epoch key is in the memory of
/// the SDK's process, nor what a passphrase is stretched to and the realms make of it.
/// </summary>
public sealed class ClientMemoryTests(ITestOutputHelper output) : IDisposable
{
    private const string Passphrase = "sphinx of black quartz judge my vow 4711";

    // What still runs when a flow has ended (the slowest realm is told that the guess was right) ends within these.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(15);

    private readonly TempFolder _folder = new();
    private readonly List<Canary> _ofPassphrase = [];

    [NeedsFact(Need.Linux)]
    public async Task F30_no_secret_is_in_the_memory_of_the_SDK_after_any_flow()
    {
        await using var server = await ServerProcess.StartAsync(_folder["data"]);
        var client = await BeginAsync(server);
        var left = new List<string>();
        foreach (var flow in ClientLife.Names)
        {
            await client.DoAsync(flow);
            if (flow == "set a passphrase") _ofPassphrase.AddRange(await OfPassphraseAsync(server));
            if (flow == "create a code") File.WriteAllText(_folder["code"], ClientSecrets.NewestCode(_folder.Path));
            var scanner = new CanaryScanner(await SecretsAsync());
            var found = await ScanAsync(scanner, client.Id, hit => IsEstimated(flow, hit));
            output.WriteLine($"{flow}: {scanner.Scanned:N0} bytes, {found.Count} found");
            Assert.True(scanner.Scanned > 20_000_000, "the memory of the process was looked through");
            left.AddRange(found.Select(hit => $"after {flow}: {hit}"));
            if (flow != "set a passphrase") continue;
            client.Dispose();
            client = await BeginAsync(server);
        }
        client.Dispose();
        foreach (var hit in left) output.WriteLine(hit);
        Assert.Empty(left);
    }

    [NeedsFact(Need.Linux)]
    public async Task Negative_control_a_seed_that_an_app_keeps_is_found()
    {
        await using var server = await ServerProcess.StartAsync(_folder["data"]);
        using var client = await BeginAsync(server);
        await client.DoAsync("create");
        await client.DoAsync("plant");
        Assert.NotEmpty(new CanaryScanner(await SecretsAsync()).ScanMemory(client.Id));
    }

    public void Dispose() => _folder.Dispose();

    private async Task<ClientProcess> BeginAsync(ServerProcess server)
    {
        File.WriteAllText(_folder["token"], await server.TokenAsync("somebody"));
        File.WriteAllText(_folder["passphrase"], Passphrase);
        return new ClientProcess(server.Address, _folder.Path);
    }

    private async Task<List<Canary>> SecretsAsync() =>
    [
        .. ClientSecrets.OfCodes(_folder.Path), .. ClientSecrets.OfText("passphrase", Passphrase), .. _ofPassphrase,
        .. await ClientSecrets.OfDrawsAsync(_folder.Path),
    ];

    private Task<Canary[]> OfPassphraseAsync(ServerProcess server) => PassphraseSecrets.OfAsync(
        server, _folder["phone"], Passphrase, File.ReadAllText(_folder["token"]));

    // Where one realm guards, a new passphrase is judged by a library over strings (docs/threat-model.md): the one
    // known remainder, of one flow, in one spelling.
    private static bool IsEstimated(string flow, string hit) =>
        flow == "set a passphrase" && hit.Contains(": passphrase from", StringComparison.Ordinal)
        && hit.EndsWith("(UTF-16)", StringComparison.Ordinal);

    private static async Task<List<string>> ScanAsync(CanaryScanner scanner, int process, Predicate<string> isKnown)
    {
        var end = DateTime.UtcNow + Settling;
        while (true)
        {
            var found = scanner.ScanMemory(process).Where(hit => !isKnown(hit)).ToList();
            if (found.Count == 0 || DateTime.UtcNow > end) return found;
            await Task.Delay(TimeSpan.FromSeconds(1));
        }
    }
}
