using System.Collections.Immutable;
using KeyRecovery.Client.Devices;

namespace KeyRecovery.Client.Vaults;

/// <content>What the device remembers beside the vault, and is asked to forget.</content>
internal sealed partial class VaultState
{
    /// <summary>Vaults that were known, and that a restored server does not have so; the newest last.</summary>
    public ImmutableArray<ReplacedVault> Replaced => _device.State.Replaced;

    /// <summary>What a copy of this device has signed, as it was first seen; null as a rule.</summary>
    public CloneInfo? Clone => _device.State.Commits.Suspected;

    /// <summary>
    /// When the server last said that this vault is the newest, in seconds since 1970 by its clock; 0 where nobody
    /// noted it.
    /// </summary>
    public ulong AsOf
    {
        get
        {
            lock (_gate) return _asOf;
        }
    }

    /// <summary>Changes that wait for the network.</summary>
    public QueuedEdits Queue => _device.State.Queue;

    /// <summary>Up to where a watcher has told what happened; null where none has watched.</summary>
    public WatchPlace? Watched => _device.State.Watched;

    /// <summary>What this device remembers of the log.</summary>
    public KeptLog Log => _device.State.Log;

    /// <inheritdoc cref="KeptDevice.Unkept"/>
    public ClientFailure? Unkept => _device.Unkept;

    /// <summary>Forgets the vaults that a restored server does not have, once the person has been told.</summary>
    public Task DismissReplacedAsync(CancellationToken ct) =>
        _device.SaveAsync(kept => kept.WithoutReplaced(), ct);

    /// <summary>Forgets <see cref="Clone"/>, once the person knows how it came about.</summary>
    public Task DismissCloneAsync(CancellationToken ct) =>
        _device.SaveAsync(kept => kept.With(kept.Commits with { Suspected = null }), ct);

    /// <summary>Changes what waits for the network, durable when it returns: what it throws comes through.</summary>
    public Task QueueAsync(Func<QueuedEdits, QueuedEdits> change, CancellationToken ct) =>
        _device.SaveAsync(kept => kept.With(change(kept.Queue)), ct);

    /// <summary>Forgets what waits no longer, as far as the store takes it.</summary>
    public async Task ForgetQueuedAsync(IReadOnlyList<QueuedEdit> sent, CancellationToken ct)
    {
        if (sent.Count > 0) await _device.KeepAsync(kept => kept.With(kept.Queue.Without(sent)), ct);
    }

    // Not each look is worth a write: after a start the vault may seem a little older than it is.
    private async Task HearNewestAsync(CancellationToken ct)
    {
        lock (_gate) _asOf = Api.NowSeconds;
        if (_asOf >= _device.State.AsOf + AsOfStep)
            await _device.KeepAsync(kept => kept.WithAsOf(Math.Max(_asOf, kept.AsOf)), ct);
    }
}
