using System.Security.Cryptography;
using KeyRecovery.Cli.Tests.Support;

namespace KeyRecovery.Cli.Tests.Commands;

/// <summary><c>backup</c>.</summary>
[Collection(PortableTests.Name)]
public sealed class BackupTests(PortableFixture fixture)
{
    [Fact]
    public async Task What_was_put_comes_back_byte_for_byte_from_file_and_from_standard_input()
    {
        var (device, _) = await fixture.NewAccountAsync();
        var (small, large) = (RandomNumberGenerator.GetBytes(300), RandomNumberGenerator.GetBytes(200 * 1024));
        (await device.RunAsync("backup", "put", "small", await fixture.NewFileAsync(small))).Ended(0);
        (await device.RunAsync(large, "backup", "put", "large", "-")).Ended(0);

        Assert.Equal(small, (await device.RunAsync("backup", "get", "small")).Ended(0).Bytes);
        var file = fixture.NewPath(".out");
        Assert.DoesNotContain("content",
            (await device.RunAsync("backup", "get", "large", "-o", file, "--json")).Ended(0).Output,
            StringComparison.Ordinal);
        Assert.Equal(large, await File.ReadAllBytesAsync(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(small, (await device.RunAsync("backup", "get", "small", "--json")).Ended(0).Json
            .GetProperty("content").GetBytesFromBase64());

        var items = (await device.RunAsync("backup", "list", "--json")).Ended(0).Json.GetProperty("items")
            .EnumerateArray().ToArray();
        Assert.Equal([("large", 200 * 1024), ("small", 300)],
            items.Select(i => (i.GetProperty("name").GetString()!, i.GetProperty("size").GetInt32())));
    }

    [Fact]
    public async Task An_older_version_can_be_had_back()
    {
        var (device, _) = await fixture.NewAccountAsync();
        foreach (var content in (string[])["first", "second", "third"])
            (await device.TypeAsync(content, "backup", "put", "a", "-")).Ended(0);
        var versions = (await device.RunAsync("backup", "history", "a", "--json")).Ended(0).Json.GetProperty("versions")
            .EnumerateArray().ToArray();
        Assert.Equal([3, 2, 1], versions.Select(v => v.GetProperty("version").GetInt32()));
        Assert.Equal([true, false, false], versions.Select(v => v.GetProperty("isCurrent").GetBoolean()));
        Assert.Single(versions.Select(v => v.GetProperty("writer").GetProperty("id").GetString()).Distinct());
        Assert.Equal("first", (await device.RunAsync("backup", "get", "a", "--version", "1")).Ended(0).Output);
        Assert.Equal("third", (await device.RunAsync("backup", "get", "a")).Ended(0).Output);
        Assert.Equal("no-such-item",
            (await device.RunAsync("backup", "get", "a", "--version", "4", "--json")).Ended(1).Text("error"));
    }

    [Fact]
    public async Task A_removed_item_is_gone_and_a_missing_one_is_named()
    {
        var (device, _) = await fixture.NewAccountAsync();
        (await device.TypeAsync("content", "backup", "put", "a", "-")).Ended(0);
        (await device.RunAsync("backup", "remove", "a")).Ended(0);
        var missing = (await device.RunAsync("backup", "get", "a", "--json")).Ended(1);
        Assert.Equal(("no-such-item", "a"), (missing.Text("error"), missing.Text("name")));
        Assert.Equal("no-such-item", (await device.RunAsync("backup", "remove", "a", "--json")).Ended(1).Text("error"));
    }

    [Fact]
    public async Task Too_much_and_nothing_to_read_are_refused_before_anything_is_sent()
    {
        await using var relay = new TcpRelay { Server = fixture.Server.Address };
        var (device, _) = await fixture.NewAccountAsync();
        var through = device.Through(relay.Address);
        Assert.Equal("limit-reached",
            (await through.RunAsync(new byte[1024 * 1024 + 1], "backup", "put", "a", "-", "--json")).Ended(1)
                .Text("error"));
        Assert.Equal(
            "file", (await through.RunAsync("backup", "put", "a", fixture.NewPath(), "--json")).Ended(1).Text("error"));
        Assert.Equal(0, relay.Connections);
    }

    [Fact]
    public async Task All_items_come_back_to_a_folder_and_no_name_leads_out_of_it()
    {
        var (device, _) = await fixture.NewAccountAsync();
        string[] names = ["identity", "../outside", "/etc/passwd", ".hidden", "a b", "naïve"];
        foreach (var name in names) (await device.TypeAsync(name, "backup", "put", name, "-")).Ended(0);

        var folder = fixture.NewPath();
        var all = (await device.RunAsync("backup", "get", "--all", folder, "--json")).Ended(0).Json.GetProperty("items")
            .EnumerateArray().ToArray();
        Assert.Equal(names.Order(StringComparer.Ordinal), all.Select(i => i.GetProperty("name").GetString()));
        Assert.Equal(names.Length, Directory.GetFiles(folder).Length);
        foreach (var item in all)
            Assert.Equal(item.GetProperty("name").GetString(),
                await File.ReadAllTextAsync(item.GetProperty("file").GetString()!));
        (await device.RunAsync("backup", "get", "--all", folder)).Ended(0);

        await File.WriteAllTextAsync(Path.Combine(folder, "identity"), "my own");
        Assert.Equal(
            "file-exists", (await device.RunAsync("backup", "get", "--all", folder, "--json")).Ended(1).Text("error"));
        Assert.Equal("my own", await File.ReadAllTextAsync(Path.Combine(folder, "identity")));
    }

    [Fact]
    public async Task A_conflict_shows_both_sides_and_replaces_nothing()
    {
        var folder = fixture.NewPath();
        await using var relay = new TcpRelay();
        await using var server =
            await Testing.Hosting.ServerProcess.StartAsync(folder, 0, ("Authority", relay.Address.Authority));
        relay.Server = server.Address;
        var token = await fixture.NewFileAsync(System.Text.Encoding.ASCII.GetBytes(await server.TokenAsync("alex")));
        var mine = fixture.NewDevice().Through(relay.Address);
        (await mine.RunAsync("account", "create", "--no-code", "--token", token)).Ended(0);
        var theirs = mine.At(fixture.NewPath());
        Directory.CreateDirectory(theirs.Home);
        foreach (var file in Directory.GetFiles(mine.Home))
            File.Copy(file, Path.Combine(theirs.Home, Path.GetFileName(file)));

        async Task WhileMineIsUnderWay(Func<Task> work, Func<Task> meanwhile)
        {
            relay.OnRequest = async line =>
            {
                if (!line.StartsWith("POST /v1/commits", StringComparison.Ordinal)) return;
                relay.OnRequest = null;
                await meanwhile();
            };
            await work();
        }

        await WhileMineIsUnderWay(
            async () =>
            {
                var refused = (await mine.TypeAsync("mine!", "backup", "put", "a", "-", "--json")).Ended(1);
                Assert.Equal("conflict", refused.Text("error"));
                var item = Assert.Single(refused.Json.GetProperty("items").EnumerateArray());
                Assert.Equal(
                    (5, 6), (item.GetProperty("mine").GetProperty("size").GetInt32(), item.GetProperty("theirs")
                        .GetProperty("size").GetInt32()));
                Assert.Equal(1, item.GetProperty("theirs").GetProperty("version").GetInt32());
            },
            async () => (await theirs.TypeAsync("theirs", "backup", "put", "a", "-")).Ended(0));
        Assert.Equal("theirs", (await mine.RunAsync("backup", "get", "a")).Ended(0).Output);

        await WhileMineIsUnderWay(
            async () =>
            {
                var told = (await mine.TypeAsync("mine", "backup", "put", "a", "-")).Ended(1).Error;
                Assert.Contains("yours:  4 B, from standard input", told, StringComparison.Ordinal);
                Assert.Contains("theirs: 10 B, version 2", told, StringComparison.Ordinal);
                Assert.Contains("run the same command again", told, StringComparison.Ordinal);
            },
            async () => (await theirs.TypeAsync("theirs too", "backup", "put", "a", "-")).Ended(0));
        (await mine.TypeAsync("mine", "backup", "put", "a", "-")).Ended(0);
        Assert.Equal("theirs too", (await mine.RunAsync("backup", "get", "a", "--version", "2")).Ended(0).Output);
    }
}
