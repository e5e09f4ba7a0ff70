using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Feed;
using KeyRecovery.Service.Tests.Log;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Feed;

/// <summary>
/// Stores of yesterday: the feed forgets nothing with the data store, and says so with the key store.
/// </summary>
[Trait("Store", "Files")]
public sealed class FeedRestoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("keyrecovery-feed-").FullName;
    private readonly TestRandom _random = new(98);
    private TestService _server = null!;

    private string Live => Path.Combine(_folder, "live");

    private string Yesterday => Path.Combine(_folder, "yesterday");

    [Theory]
    [InlineData(false, "data")]
    [InlineData(true, "keys")]
    [InlineData(true, "data", "keys")]
    public async Task Whoever_reads_on_gets_all_or_is_told_that_something_is_missing(
        bool isLost, params string[] restored)
    {
        await OpenAsync();
        await NewAsync("early");
        await _server.Service.Log!.PassAsync(default);
        await _server.CloseAsync();
        LogWorld.Copy(Live, Yesterday);
        await OpenAsync();
        for (var i = 0; i < 5; i++) await NewAsync($"late {i}");
        await _server.Service.Log!.PassAsync(default);
        var (before, stand) = await _server.Service.ReadAllAsync();
        Assert.Equal(6, before.Count(one => one.Kind == AppEventKind.AccountCreated));
        await _server.CloseAsync();
        foreach (var store in restored)
        {
            Directory.Delete(Path.Combine(Live, store), recursive: true);
            LogWorld.Copy(Path.Combine(Yesterday, store), Path.Combine(Live, store));
        }

        await OpenAsync();
        await NewAsync("new");
        await _server.Service.Log!.PassAsync(default);
        var page = await _server.Service.Feed.ReadAsync(FeedWorld.App, stand, 100, default);

        Assert.Equal(isLost, page.LeftOut);
        var made = page.Events.Where(one => one.Kind == AppEventKind.AccountCreated).ToList();
        Assert.Equal("new", made[^1].Subject);
        Assert.Equal(isLost ? 2 : 1, made.Count);
        Assert.Equal(page.Events.Select(one => one.Leaf).Order(), page.Events.Select(one => one.Leaf));
        Assert.False((await _server.Service.Feed.ReadAsync(FeedWorld.App, page.Next, 100, default)).LeftOut);
        await _server.CloseAsync();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task OpenAsync()
    {
        _server = await TestService.OpenAsync(Live, SystemRandom.Instance);
        await _server.Service.Log!.OpenAsync(default);
    }

    private async Task NewAsync(string subject)
    {
        var account = TestAccount.Begin(_random, TestAuthority.Device(_random), []);
        Assert.IsType<Outcome<Heads>.Done>(await _server.CreateAsync(account, subject));
    }
}
