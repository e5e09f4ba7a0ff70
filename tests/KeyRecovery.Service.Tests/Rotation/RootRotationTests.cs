using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Storage.Files.Ring;

namespace KeyRecovery.Service.Tests.Rotation;

/// <summary>The root key is replaced under everything that it wraps, or not at all.</summary>
public sealed class RootRotationTests
{
    private static Task<TestService> OpenAsync(string folder) => TestService.OpenAsync(folder, SystemRandom.Instance);

    private static string NewFolder() => Directory.CreateTempSubdirectory("keyrecovery-root-").FullName;

    private static byte[] RootKeyOf(string folder) => File.ReadAllBytes(Path.Combine(folder, "ring", "root.key"));

    [Fact]
    public async Task Everything_opens_under_the_new_key_and_nothing_under_the_old_one()
    {
        var folder = NewFolder();
        var first = await OpenAsync(folder);
        using var user = await TestUser.CreateAsync(first, "user", 1);
        var old = RootKeyOf(folder);
        Assert.IsType<RingResult.Done>(await first.RootRotation.RunAsync(default));
        Assert.NotEqual(old, RootKeyOf(folder));
        Assert.False(File.Exists(Path.Combine(folder, "ring", "root.key.next")));
        // The running server goes on, and its ring changes under the new key.
        await user.UseAsync(first);
        Assert.IsType<RingResult.Done>(await first.Ring.AddNextAsync(default));
        await first.CloseAsync();

        var again = await OpenAsync(folder);
        await user.UseAsync(again);
        await user.GuessAsync(again);
        await again.CloseAsync();

        var fresh = RootKeyOf(folder);
        File.WriteAllBytes(Path.Combine(folder, "ring", "root.key"), old);
        await Assert.ThrowsAsync<KekRingException>(() => OpenAsync(folder));
        File.WriteAllBytes(Path.Combine(folder, "ring", "root.key"), fresh);
        await (await OpenAsync(folder)).DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_change_that_a_crash_cut_short_opens_and_goes_on(int steps)
    {
        var folder = NewFolder();
        var first = await OpenAsync(folder);
        using var user = await TestUser.CreateAsync(first, "user", 1);
        Assert.IsType<RingResult.Done>(first.Root.AddNext());
        var secrets = new[] { "server-secrets", "realm-seed" };
        foreach (var name in secrets.Take(steps)) await RewrapAsync(first, name);
        if (steps > 2) Assert.IsType<RingResult.Done>(await ((IRootSealed)first.Ring).ResealAsync(default));
        await first.CloseAsync();

        var server = await OpenAsync(folder);
        Assert.True(server.RootRotation.IsUnfinished);
        await user.UseAsync(server);
        // The ring may change in the middle of it.
        await server.Service.Rotation.RunAsync(true, null, default);
        Assert.IsType<RingResult.Done>(await server.RootRotation.RunAsync(default));
        Assert.False(server.RootRotation.IsUnfinished);
        await server.CloseAsync();

        await using var last = await OpenAsync(folder);
        Assert.False(last.RootRotation.IsUnfinished);
        await user.UseAsync(last);
        await user.GuessAsync(last);
    }

    [Fact]
    public async Task A_secret_that_does_not_open_or_is_not_known_keeps_the_old_key()
    {
        await using var server = await OpenAsync(NewFolder());
        var old = RootKeyOf(server.Folder);
        var unknown = new RowKey(Table.Secrets, "of-a-later-version"u8.ToArray());
        await server.Keys.WriteAsync([new RowWrite.Create(unknown, new byte[72])], default);
        Assert.Contains("is not known",
            Assert.IsType<RingResult.Refused>(await server.RootRotation.RunAsync(default)).Reason,
            StringComparison.Ordinal);
        await server.Keys.WriteAsync([new RowWrite.Remove(unknown)], default);

        var seed = new RowKey(Table.Secrets, "realm-seed"u8.ToArray());
        var good = (await server.Keys.ReadAsync(seed, default))!;
        await server.Keys.WriteAsync([new RowWrite.Replace(good, new byte[72])], default);
        Assert.Contains("opens neither",
            Assert.IsType<RingResult.Refused>(await server.RootRotation.RunAsync(default)).Reason,
            StringComparison.Ordinal);
        Assert.Equal(old, RootKeyOf(server.Folder));

        await server.Keys.WriteAsync(
            [new RowWrite.Replace((await server.Keys.ReadAsync(seed, default))!, good.Value)], default);
        Assert.IsType<RingResult.Done>(await server.RootRotation.RunAsync(default));
        Assert.NotEqual(old, RootKeyOf(server.Folder));
    }

    private static async Task RewrapAsync(TestService server, string name)
    {
        var key = new RowKey(Table.Secrets, System.Text.Encoding.ASCII.GetBytes(name));
        var purpose = ServerSecrets.PurposeOf(key)!;
        var row = (await server.Keys.ReadAsync(key, default))!;
        Assert.True(server.Root.TryUnwrap(purpose, row.Value.Span, out var secret));
        Assert.IsType<WriteResult.Written>(
            await server.Keys.WriteAsync([new RowWrite.Replace(row, server.Root.Wrap(purpose, secret.Span))], default));
        var now = (await server.Keys.ReadAsync(key, default))!;
        Assert.True(server.Root.IsUnderNext(purpose, now.Value.Span));
        secret.Dispose();
    }
}
