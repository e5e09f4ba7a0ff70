using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite;
using KeyRecovery.Storage.Files.Ring;
using KeyRecovery.Storage.Tests.Support;

namespace KeyRecovery.Storage.Tests.Keys;

public sealed class ServerSecretsTests : IAsyncLifetime, IDisposable
{
    private readonly StoreFolder _folder = new();
    private SqliteStorePair _pair = null!;

    public async Task InitializeAsync() => _pair = await _folder.OpenAsync();

    public async Task DisposeAsync() => await _pair.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    private FileRootKey Root(string folder) =>
        FileRootKey.Open(Path.Combine(_folder.Root, folder), SystemRandom.Instance, mayCreate: true);

    private Task<ServerSecrets> Load(IRootKey root) =>
        ServerSecrets.LoadOrCreateAsync(_pair.Keys, root, SystemRandom.Instance, CancellationToken.None);

    private static byte[] All(ServerSecrets secrets) =>
        [.. secrets.LookupKey.Span, .. secrets.FenceKey.Span, .. secrets.AuditSeed.Span, .. secrets.RealmSeed.Span];

    [Fact]
    public async Task The_secrets_are_drawn_once_and_are_four_different_keys()
    {
        using var root = Root("ring");
        Assert.False(await ServerSecrets.ExistAsync(_pair.Keys, CancellationToken.None));
        using var first = await Load(root);
        using var second = await Load(root);
        Assert.True(await ServerSecrets.ExistAsync(_pair.Keys, CancellationToken.None));
        Assert.Equal(All(first), All(second));
        Assert.Equal(4, All(first).Chunk(ServerSecrets.KeySize).Select(Convert.ToHexString).Distinct().Count());
        Assert.Equal("[redacted]", first.ToString());
    }

    [Fact]
    public async Task Of_many_that_start_at_once_all_have_the_same_secrets()
    {
        using var root = Root("ring");
        var loaded = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => Load(root))));
        Assert.Single(loaded.Select(secrets => Convert.ToHexString(All(secrets))).Distinct());
    }

    [Fact]
    public async Task Another_root_key_does_not_open_them_and_draws_no_new_ones()
    {
        using var root = Root("ring");
        using var other = Root("other");
        using var secrets = await Load(root);
        await Assert.ThrowsAsync<RootKeyMismatchException>(() => Load(other));
        using var again = await Load(root);
        Assert.Equal(All(secrets), All(again));
    }

    [Fact]
    public async Task They_stand_in_the_key_store_wrapped()
    {
        using var root = Root("ring");
        using var secrets = await Load(root);
        var rows = new List<Row>();
        await foreach (var row in _pair.Keys.ScanAsync(Table.Secrets, CancellationToken.None)) rows.Add(row);
        Assert.Equal(3, rows.Count);
        foreach (var window in All(secrets).Chunk(16))
            Assert.All(rows, row => Assert.Equal(-1, row.Value.Span.IndexOf(window)));
    }

    [Fact]
    public async Task A_server_from_before_it_was_a_realm_gets_its_seed_and_keeps_the_rest()
    {
        using var root = Root("ring");
        using var before = await Load(root);
        var seed = new RowKey(Table.Secrets, "realm-seed"u8.ToArray());
        Assert.IsType<WriteResult.Written>(
            await _pair.Keys.WriteAsync([new RowWrite.Remove(seed)], CancellationToken.None));
        using var after = await Load(root);
        Assert.Equal(All(before)[..96], All(after)[..96]);
        Assert.NotEqual(before.RealmSeed.ToArray(), after.RealmSeed.ToArray());
        using var again = await Load(root);
        Assert.Equal(All(after), All(again));
    }

    [Fact]
    public async Task Each_rotation_draws_one_key_more_for_webhooks_and_none_goes()
    {
        using var root = Root("ring");
        var told = new List<string[]>();
        foreach (var keys in new[] { 0, 1, 3, 2, 0 })
        {
            using var secrets = await ServerSecrets.LoadOrCreateAsync(
                _pair.Keys, root, SystemRandom.Instance, CancellationToken.None, webhookKeys: keys);
            using var both = secrets.WebhookKeys(overlaps: true);
            using var newest = secrets.WebhookKeys(overlaps: false);
            Assert.Equal(both.Told.Take(1).Select(key => key.Id), newest.Told.Select(key => key.Id));
            told.Add([.. both.Told.Select(key => key.Id)]);
        }

        Assert.Equal([0, 1, 2, 2, 2], told.Select(one => one.Length));
        Assert.Equal(told[2], told[3]);
        Assert.Equal(told[2], told[4]);
        Assert.DoesNotContain(told[1][0], told[2]);
        // Wrapped by the root key, each for its own row, as the others are.
        await foreach (var row in _pair.Keys.ScanAsync(Table.Secrets, CancellationToken.None))
        {
            Assert.True(root.TryUnwrap(ServerSecrets.PurposeOf(row.Key)!, row.Value.Span, out var secret));
            secret.Dispose();
        }
    }

    [Fact]
    public async Task Disposal_zeroes_them()
    {
        using var root = Root("ring");
        var secrets = await Load(root);
        var key = secrets.LookupKey;
        secrets.Dispose();
        Assert.Equal(new byte[ServerSecrets.KeySize], key.ToArray());
    }
}
