using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Cli.Tests.Outcomes;

/// <summary>
/// A home on a disk that is full or takes nothing, by real means: what is not done is told and changes nothing, what is
/// done is in the person's hands, reading goes on, and afterwards everything is as usable as before.
/// </summary>
[Collection(CliTests.Name)]
public sealed class DiskTests(CliFixture fixture)
{
    private static readonly Dictionary<string, string[]> Commands = new()
    {
        ["put"] = ["backup", "put", "b", "-"],
        ["remove"] = ["backup", "remove", "a"],
        ["code create"] = ["code", "create"],
        ["code create --replace"] = ["code", "create", "--replace"],
        ["code create --replace --kit"] = ["code", "create", "--replace", "--kit", "KIT"],
        ["code remove"] = ["code", "remove", "--yes"],
        ["passphrase set --generate"] = ["passphrase", "set", "--generate", "--token", "TOKEN"],
        ["rename"] = ["device", "rename", "PHONE", "renamed"],
        ["revoke"] = ["device", "revoke", "LAPTOP"],
        ["undo"] = ["account", "undo", "--to", "1", "--yes"],
        ["create"] = ["account", "create", "--code", "--token", "TOKEN"],
        ["create --kit"] = ["account", "create", "--code", "--kit", "KIT", "--token", "TOKEN"],
        ["recover"] = ["recover", "--code", "--remove", "none"],
    };

    public static TheoryData<string, bool> Cases
    {
        get
        {
            var cases = new TheoryData<string, bool>();
            foreach (var name in Commands.Keys)
            {
                cases.Add(name, true);
                cases.Add(name, false);
            }
            return cases;
        }
    }

    [NeedsTheory(Need.Mounting)]
    [MemberData(nameof(Cases))]
    public async Task What_a_home_that_takes_nothing_ends_changes_nothing_and_what_it_does_not_is_in_hand(
        string name, bool isFull)
    {
        using var disk = await SmallDisk.MountAsync(fixture.NewPath());
        var (isNew, isRecovery) = (name.StartsWith("create", StringComparison.Ordinal), name == "recover");
        var token = await fixture.NewTokenAsync();
        var phone = fixture.NewDevice().At(isNew || isRecovery ? fixture.NewPath() : Path.Combine(disk.Path, "home"));
        var made = isNew ? null : (await phone.RunAsync(
            "account", "create", "--code", "--name", "phone", "--token", token, "--json")).Ended(0);
        var code = made?.Text("code") ?? "";
        var laptop = "";
        if (!isNew)
        {
            (await phone.TypeAsync("kept", "backup", "put", "a", "-")).Ended(0);
            var other = fixture.NewDevice();
            laptop = (await other.TypeAsync(
                code, "recover", "--code", "--remove", "none", "--name", "laptop", "--json")).Ended(0).Text("deviceId");
            (await other.TypeAsync("trash", "backup", "put", "trash", "-")).Ended(0);
        }
        var device = isNew || isRecovery ? phone.At(Path.Combine(disk.Path, "home")) : phone;
        string[] arguments =
        [
            .. Commands[name].Select(a => a switch
            {
                "TOKEN" => token, "PHONE" => made!.Text("deviceId"), "LAPTOP" => laptop,
                "KIT" => Path.Combine(disk.Path, "kit.html"), _ => a,
            }), "--json",
        ];
        var before = isNew ? "" : await VersionAsync(phone);

        if (isFull) disk.Fill();
        else await disk.CloseAsync();
        var run = await device.TypeAsync(isRecovery ? code : "content", arguments);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
        if (run.ExitCode != 0)
        {
            Assert.True(run.Text("error") is "home-failed" or "file", run.Output);
            if (!isNew)
            {
                Assert.Equal(before, await VersionAsync(phone));
                (await phone.TypeAsync(code, "code", "check")).Ended(0);
            }
            Assert.False(File.Exists(Path.Combine(disk.Path, "kit.html")) && isFull, "a kit of no account is left");
        }
        else
        {
            // What was noted in a block that was there is done, and shown; only a full disk has such a one.
            Assert.True(isFull);
            await AssertInHandAsync(run, device, token);
        }
        if (!isNew && !isRecovery && name is not ("remove" or "undo"))
            Assert.Equal("kept", (await device.RunAsync("backup", "get", "a")).Ended(0).Output);

        if (isFull) disk.Empty();
        else await disk.OpenAsync();
        if (run.ExitCode != 0)
        {
            var again = (await device.TypeAsync(isRecovery ? code : "content", arguments)).Ended(0);
            await AssertInHandAsync(again, device, token);
        }
        (await device.TypeAsync("x", "backup", "put", "c", "-")).Ended(0);
        Assert.Equal("x", (await device.RunAsync("backup", "get", "c")).Ended(0).Output);
    }

    [NeedsTheory(Need.Mounting)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_secret_is_shown_that_cannot_count_since_the_home_takes_nothing(bool isFull)
    {
        using var disk = await SmallDisk.MountAsync(fixture.NewPath());
        var token = await fixture.NewTokenAsync();
        var phone = fixture.NewDevice().At(Path.Combine(disk.Path, "home"));
        (await phone.RunAsync("account", "create", "--no-code", "--token", token)).Ended(0);
        if (isFull) disk.Fill();
        else await disk.CloseAsync();
        foreach (var (device, command) in new (CommandLine, string[])[]
        {
            (phone, ["code", "create"]), (phone, ["code", "create", "--replace"]),
            (phone, ["passphrase", "set", "--generate", "--token", token]),
            (phone.At(Path.Combine(disk.Path, "other")), ["account", "create", "--code", "--token", token]),
        })
        {
            var run = (await device.RunAsync(command)).Ended(1);
            Assert.True(run.Output.Length == 0, $"{string.Join(' ', command)}: {run.Output}");
        }
        if (isFull) disk.Empty();
        else await disk.OpenAsync();
        Assert.Contains("kr1 ", (await phone.RunAsync("code", "create")).Ended(0).Output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(disk.Path, "home"), "device.proof.*"));
    }

    [NeedsFact(Need.Mounting)]
    public async Task What_others_wrote_is_read_where_nothing_can_be_kept_and_that_is_said()
    {
        using var disk = await SmallDisk.MountAsync(fixture.NewPath());
        var (laptop, code) = await fixture.NewAccountAsync("laptop");
        var phone = laptop.At(Path.Combine(disk.Path, "home"));
        (await phone.TypeAsync(code, "recover", "--code", "--remove", "none", "--name", "phone")).Ended(0);
        await disk.CloseAsync();
        (await laptop.TypeAsync("news", "backup", "put", "n", "-")).Ended(0);
        for (var round = 0; round < 2; round++)
        {
            Assert.Equal("news", (await phone.RunAsync("backup", "get", "n")).Ended(0).Output);
            var shown = (await phone.RunAsync("account", "show", "--json")).Ended(0);
            Assert.Contains("cannot be kept", shown.Json.GetProperty("notes")[0].GetString(), StringComparison.Ordinal);
        }
        await disk.OpenAsync();
        Assert.False((await phone.RunAsync("account", "show", "--json")).Ended(0).Json.TryGetProperty("notes", out _));
    }

    private static async Task<string> VersionAsync(CommandLine device) =>
        (await device.RunAsync("account", "show", "--json")).Ended(0).Json.GetProperty("version").GetRawText();

    private static async Task AssertInHandAsync(CliRun run, CommandLine device, string token)
    {
        if (run.Json.TryGetProperty("code", out var code))
            (await device.TypeAsync(code.GetString()!, "code", "check")).Ended(0);
        if (run.Json.TryGetProperty("passphrase", out var words))
            (await device.TypeAsync(words.GetString()!, "passphrase", "check", "--token", token)).Ended(0);
        if (run.Json.TryGetProperty("kit", out var kit) && kit.GetString() is { } path && code.GetString() is { } shown)
            Assert.Contains(shown.Split(' ')[1], await File.ReadAllTextAsync(path), StringComparison.Ordinal);
    }
}
