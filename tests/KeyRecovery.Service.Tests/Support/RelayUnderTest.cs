using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Linking;
using KeyRecovery.Service.Stores;
using KeyRecovery.Testing.Stores;
using Microsoft.Extensions.Time.Testing;

namespace KeyRecovery.Service.Tests.Support;

/// <summary>A relay that the contract's tests are run on.</summary>
public abstract class RelayUnderTest : IAsyncDisposable
{
    public ILinkRelay Relay { get; protected set; } = null!;

    public FakeTimeProvider Time { get; protected set; } = null!;

    /// <summary>Sessions at once: as many as it carries in seconds.</summary>
    public abstract int Many { get; }

    /// <summary>Wrong tokens.</summary>
    public abstract int Storm { get; }

    /// <summary>Nameplates that somebody tries.</summary>
    public abstract IEnumerable<string> Nameplates { get; }

    public abstract Task OpenAsync();

    /// <summary>What is kept once the sweep has been: sessions, and bytes of messages and envelopes.</summary>
    public abstract Task<(int Sessions, long Bytes)> KeptAsync();

    public abstract ValueTask DisposeAsync();
}

/// <summary>The one of a single process.</summary>
public sealed class LocalRelay : RelayUnderTest
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    public override int Many => 1_000;

    public override int Storm => 10_000;

    public override IEnumerable<string> Nameplates =>
        from a in Alphabet from b in Alphabet from c in Alphabet from d in Alphabet select $"{a}{b}{c}{d}";

    public override Task OpenAsync()
    {
        Time = new FakeTimeProvider();
        Relay = new LocalLinkRelay(new ServerClock(Time));
        return Task.CompletedTask;
    }

    public override Task<(int Sessions, long Bytes)> KeptAsync() =>
        Task.FromResult((((LocalLinkRelay)Relay).Count, ((LocalLinkRelay)Relay).Bytes));

    public override ValueTask DisposeAsync()
    {
        Relay.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>The one on a store, over SQLite.</summary>
public class StoreRelay : RelayUnderTest
{
    private TestService _server = null!;

    public override int Many => 25;

    public override int Storm => 500;

    public override IEnumerable<string> Nameplates => ["0000", "0001", "2B3C", "2B3D", "XXXX", "ZZZZ"];

    protected virtual Func<IDataStore, IDataStore>? Between => null;

    public override async Task OpenAsync()
    {
        _server = await TestService.OpenAsync(
            Directory.CreateTempSubdirectory("keyrecovery-relay-").FullName, SystemRandom.Instance,
            betweenData: Between, sharesLinks: true);
        (Relay, Time) = (_server.Service.Links, _server.Time);
    }

    public override async Task<(int Sessions, long Bytes)> KeptAsync()
    {
        await ((StoreLinkRelay)Relay).SweepAsync(default);
        var (sessions, bytes) = (0, 0L);
        using var rows = new LinkRows(_server.Data, _server.LookupKey, SystemRandom.Instance);
        await foreach (var row in _server.Data.ScanAsync(Table.LinkSessions, default))
        {
            sessions++;
            bytes += LinkRelaySession.Decode(rows.Open(row)).Size;
        }

        await foreach (var row in _server.Data.ScanAsync(Table.LinkMessages, default))
            bytes += row.Value.Length - SecretBox.Overhead;
        return (sessions, bytes);
    }

    public override ValueTask DisposeAsync() => _server.DisposeAsync();
}

/// <summary>The one on a store that keeps no more than the contract.</summary>
public sealed class StepwiseRelay : StoreRelay
{
    protected override Func<IDataStore, IDataStore>? Between => store => new StepwiseDataStore(store);
}

/// <summary>What the contract's tests share.</summary>
public abstract class RelayCase<TRelay> : IAsyncLifetime where TRelay : RelayUnderTest, new()
{
    private readonly TRelay _under = new();

    protected ILinkRelay Relay => _under.Relay;

    protected FakeTimeProvider Time => _under.Time;

    protected int Many => _under.Many;

    protected int Storm => _under.Storm;

    protected IEnumerable<string> Nameplates => _under.Nameplates;

    public Task InitializeAsync() => _under.OpenAsync();

    public async Task DisposeAsync() => await _under.DisposeAsync();

    protected Task<(int Sessions, long Bytes)> KeptAsync() => _under.KeptAsync();
}
