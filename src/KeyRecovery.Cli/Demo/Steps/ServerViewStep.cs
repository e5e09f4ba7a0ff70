using KeyRecovery.Cli.Demo.Telling;
using KeyRecovery.Cli.Demo.World;
using KeyRecovery.Cli.Kit;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Demo.Steps;

/// <summary>Nothing that Alex keeps secret is in the server's files; a planted leak is found.</summary>
internal sealed class ServerViewStep : DemoStep
{
    private const int Window = 24;

    public override string Name => "server-view";

    public override string Title => "What a thief of the server's disk would see";

    public override async Task RunAsync(DemoWorld world, StepTale tale, CancellationToken ct)
    {
        var scan = await SecretsAsync(world, ct);
        var found = await scan.RunAsync(world.ServerFolder, ct);
        var (bytes, files) = scan.Searched;
        tale.Holds(files > 0 && bytes > world.Items.Sum(i => i.Content.Length),
            $"looked through {Words.Count(files, "file")} of the server, {Words.Count(bytes, "byte")}, the log among "
            + "them");
        tale.Holds(found.Count == 0, found.Count == 0
            ? $"none of {scan.Secrets} secrets in them: keys, names, the user, the code; raw, hex, base64 or UTF-16"
            : $"the server holds {Words.List(found)}");

        // A search that finds nothing proves something only if it would have found it.
        var planted = await PlantAsync(world, ct);
        var control = await scan.RunAsync(world["control"], ct);
        tale.Holds(control.Count == 1 && control[0].StartsWith(planted, StringComparison.Ordinal),
            $"the same search finds one that we hid in a copy of the largest file: {planted}");
        Directory.Delete(world["control"], recursive: true);

        tale.Fact("files", files);
        tale.Fact("bytes", bytes);
        tale.Fact("secrets", scan.Secrets);
        tale.Fact("found", found.Count);
        tale.Fact("controlFound", control.Count);
    }

    private static async Task<LeakScan> SecretsAsync(DemoWorld world, CancellationToken ct)
    {
        var scan = new LeakScan();
        foreach (var item in world.Items)
        {
            scan.Add($"the name “{item.Name}”", item.Name);
            scan.Add($"the beginning of the {item.Name}", item.Content.AsSpan(0, Window));
            scan.Add($"the end of the {item.Name}", item.Content.AsSpan(^Window..));
        }
        scan.Add("the phone's name", world.Phone.Name);
        scan.Add("the app's user", world.Subject);
        scan.Add("the code", world.Paper);
        scan.Add("the code without spaces", world.Paper.Replace(" ", "", StringComparison.Ordinal));
        scan.Add("the code in capitals", QrSymbol.Payload(world.Paper));
        using var keys = await world.Phone.Store.LoadAsync(ct);
        scan.Add("the phone's signing key", keys!.SigningSeed.Span);
        scan.Add("the phone's decryption key", keys.KemSeed.Span);
        return scan;
    }

    private static async Task<string> PlantAsync(DemoWorld world, CancellationToken ct)
    {
        var secret = world.Items[0];
        var (largest, bytes) = await LeakScan.StillAsync(() =>
        {
            var path = Directory.EnumerateFiles(world.ServerFolder, "*", SearchOption.AllDirectories)
                .MaxBy(path => new FileInfo(path).Length)!;
            return (path, LeakScan.Read(path));
        }, ct);
        secret.Content.AsSpan(0, Window).CopyTo(bytes.AsSpan(bytes.Length / 2));
        Directory.CreateDirectory(world["control"]);
        await File.WriteAllBytesAsync(Path.Combine(world["control"], Path.GetFileName(largest)), bytes, ct);
        return $"the beginning of the {secret.Name}";
    }
}
