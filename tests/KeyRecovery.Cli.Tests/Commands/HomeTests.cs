using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Cli.Tests.Commands;

/// <summary>
/// This device's own files damaged, cut, missing or something else: the file is named with the way out, nothing is
/// written over, and no command ends in a stack of calls.
/// </summary>
public sealed class HomeTests(CliFixture fixture)
    : IClassFixture<CliFixture>
{
    private const string Key = "device.key";
    private const string State = "device.sealed";

    [Theory]
    [InlineData(Key, "gone", "is missing")]
    [InlineData(Key, "empty", "is empty")]
    [InlineData(Key, "cut", "was cut")]
    [InlineData(Key, "long", "has too much")]
    [InlineData(Key, "flipped", "does not open under")]
    [InlineData(Key, "another", "does not open under")]
    [InlineData(Key, "folder", "is a folder")]
    [InlineData(State, "empty", "is empty")]
    [InlineData(State, "cut", "does not open under")]
    [InlineData(State, "byte", "was cut")]
    [InlineData(State, "flipped", "does not open under")]
    [InlineData(State, "another", "does not open under")]
    [InlineData(State, "folder", "is a folder")]
    [InlineData(State, "sparse", "has too much")]
    [InlineData("device.notes", "folder", "is a folder")]
    public async Task A_file_that_does_not_read_is_named_with_the_way_out(string file, string how, string words)
    {
        var (device, code) = await fixture.NewAccountAsync();
        await SpoilAsync(Path.Combine(device.Home, file), how);
        var before = Snapshot(device.Home);
        var token = await fixture.NewTokenAsync();
        string[][] commands =
        [
            ["account", "show"], ["backup", "put", "a", "-"], ["account", "create", "--code", "--token", token],
            ["recover", "--code", "--remove", "none"],
        ];
        foreach (var command in commands)
        {
            var run = (await device.TypeAsync(code, [.. command, "--json"])).Ended(1);
            Assert.Equal("home-unreadable", run.Text("error"));
            Assert.Contains(words, run.Text("message"), StringComparison.Ordinal);
            Assert.Contains(Path.Combine(device.Home, file), run.Text("message"), StringComparison.Ordinal);
        }
        var people = (await device.RunAsync("account", "show")).Ended(1).Error;
        Assert.Contains("keyrecovery recover --code", people, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", people, StringComparison.Ordinal);
        Assert.Equal(before, Snapshot(device.Home));
    }

    [Fact]
    public async Task At_every_length_and_with_every_byte_changed_a_command_ends_with_a_word()
    {
        var (device, _) = await fixture.NewAccountAsync();
        (await device.TypeAsync("content", "backup", "put", "a", "-")).Ended(0);
        foreach (var file in (string[])[Key, State, "device.notes"])
        {
            var path = Path.Combine(device.Home, file);
            var whole = await File.ReadAllBytesAsync(path);
            using var client = new KeyRecoveryClient(
                new KeyRecoveryOptions { Server = fixture.Server.Address, App = "demo" },
                new FileDeviceStore(device.Home));
            for (var at = 0; at < whole.Length; at += Math.Max(1, whole.Length / 97))
            {
                await File.WriteAllBytesAsync(path, whole[..at]);
                await LooksAsync(client, file);
                var flipped = whole.ToArray();
                flipped[at] ^= 0x40;
                await File.WriteAllBytesAsync(path, flipped);
                await LooksAsync(client, file);
            }
            await File.WriteAllBytesAsync(path, whole);
        }
        (await device.RunAsync("account", "show")).Ended(0);
    }

    [Theory]
    [InlineData(13, 4, "newer version")]
    [InlineData(3, 99, "newer version")]
    [InlineData(12, 0, "is damaged")]
    [InlineData(13, 3, "is damaged")]
    public async Task A_state_of_a_newer_version_is_told_from_one_that_is_damaged(int fields, int version, string words)
    {
        var (device, _) = await fixture.NewAccountAsync();
        var (key, state) = (Path.Combine(device.Home, Key), Path.Combine(device.Home, State));
        var label = "keyrecovery/v1/device-state"u8.ToArray();
        byte[] number = version < 24 ? [(byte)version] : [0x18, (byte)version];
        byte[] plain = [(byte)(0x80 + fields), 0x78, (byte)label.Length, .. label, .. number, 0xf6, 0xf6];
        await File.WriteAllBytesAsync(
            state, SecretBox.Seal(await File.ReadAllBytesAsync(key), label, plain, SystemRandom.Instance));
        var before = Snapshot(device.Home);
        var run = (await device.RunAsync("account", "show", "--json")).Ended(1);
        Assert.Equal("home-unreadable", run.Text("error"));
        Assert.Contains(words, run.Text("message"), StringComparison.Ordinal);
        Assert.Equal(before, Snapshot(device.Home));
    }

    [Fact]
    public async Task A_file_or_a_device_in_the_place_of_the_home_is_named()
    {
        foreach (var home in (string[])[await fixture.NewFileAsync([1]), "/dev/null"])
        {
            var run = (await fixture.NewDevice().At(home).RunAsync("account", "show", "--json")).Ended(1);
            Assert.Equal("home-unreadable", run.Text("error"));
            Assert.Contains("is a file, and not a folder", run.Text("message"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_home_with_nothing_in_it_says_how_an_account_comes_there()
    {
        var told = (await fixture.NewDevice().RunAsync("account", "show")).Ended(1).Error;
        Assert.Contains("belongs to no account", told, StringComparison.Ordinal);
        Assert.Contains("keyrecovery recover --code", told, StringComparison.Ordinal);
    }

    // Its own client: what the SDK says of every damage is the same, and a thousand processes take their time.
    private static async Task LooksAsync(KeyRecoveryClient client, string file)
    {
        switch (await client.OpenAsync())
        {
            case Result<VaultSession>.Ok open:
                open.Value.Dispose();
                // Notes that do not read were never sent: these alone may be let go.
                Assert.Equal("device.notes", file);
                break;
            case Result<VaultSession>.Failed { Failure: ClientFailure.StoreFailed told }:
                Assert.NotEqual(DeviceStoreTrouble.Unknown, told.Trouble);
                Assert.Contains(file, told.Message, StringComparison.Ordinal);
                break;
            case var other:
                Assert.Fail($"{file}: {other}");
                break;
        }
    }

    private async Task SpoilAsync(string path, string how)
    {
        var bytes = File.Exists(path) ? await File.ReadAllBytesAsync(path) : [];
        File.Delete(path);
        switch (how)
        {
            case "gone":
                return;
            case "folder":
                Directory.CreateDirectory(path);
                return;
            case "sparse":
                await using (var file = File.Create(path)) file.SetLength(3L * 1024 * 1024 * 1024);
                return;
            case "another":
                var (other, _) = await fixture.NewAccountAsync();
                File.Copy(Path.Combine(other.Home, Path.GetFileName(path)), path);
                return;
            case "flipped":
                bytes[bytes.Length / 2] ^= 1;
                break;
        }
        await File.WriteAllBytesAsync(path, how switch
        {
            "empty" => [], "byte" => bytes[..1], "cut" => bytes[..(bytes.Length / 2)], "long" => [.. bytes, 0],
            _ => bytes,
        });
    }

    private static string Snapshot(string home) => string.Join('\n',
        from file in Directory.GetFiles(home).Order()
        where Path.GetFileName(file) is Key or State or "device.notes"
        select $"{file} {new FileInfo(file).Length} {File.GetLastWriteTimeUtc(file):O}");
}
