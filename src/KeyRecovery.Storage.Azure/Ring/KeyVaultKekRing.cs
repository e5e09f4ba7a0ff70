using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Storage.Azure.Ring;

/// <summary>
/// The KEK ring of several instances: keys are secrets <c>kek-N-NONCE</c> of an Azure Key Vault, wrapped by the root
/// key; which of them count, and as what, stands in one row of the key store, without keys, and is changed as it was
/// read. A secret is set and read back before the row names it; it is purged, and the vault asked, before the row says
/// that it is destroyed. So whoever dies in between leaves a secret that nobody names, or a KEK that is still retiring.
/// </summary>
/// <remarks>
/// An instance looks at the row every 60 s, when it has written something new, and when it meets a KEK that it does not
/// know. One that could not look for 5 minutes lets its keys go and answers that it is unavailable.
/// </remarks>
public sealed class KeyVaultKekRing : IKekRing, IRootSealed, IDisposable
{
    /// <summary>How often an instance looks: every 60 s.</summary>
    public static readonly TimeSpan RefreshEvery = TimeSpan.FromSeconds(60);

    /// <summary>How long an instance that cannot look has keys: 5 minutes.</summary>
    public static readonly TimeSpan StaleAfter = TimeSpan.FromMinutes(5);

    private const int Attempts = 16;

    private readonly KekVault _vault;
    private readonly IKeyStore _keys;
    private readonly IRootKey _root;
    private readonly IRandom _random;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _reading = new(1, 1);
    private readonly SemaphoreSlim _changing = new(1, 1);
    private readonly KekLeases _leases = new();
    private readonly CancellationTokenSource _ended = new();
    private ITimer? _timer;
    private volatile VaultRingView? _now;

    private KeyVaultKekRing(KekVault vault, IKeyStore keys, IRootKey root, IRandom random, TimeProvider time) =>
        (_vault, _keys, _root, _random, _time) = (vault, keys, root, random, time);

    /// <inheritdoc/>
    public Kek Current => Seen().Current ?? throw Unseen();

    /// <inheritdoc/>
    public ImmutableArray<KekStanding> Standings => (_now ?? throw Unseen()).Standings;

    /// <summary>Reads the ring, or makes one with a first KEK; of several that make one, all get the same.</summary>
    /// <param name="vault">Where the keys are.</param>
    /// <param name="keys">Where their standings are.</param>
    /// <param name="root">What both are wrapped by.</param>
    /// <param name="random">Where KEKs come from.</param>
    /// <param name="time">The clock, and the timer of the refreshes.</param>
    /// <param name="mayCreate">True only while nothing depends on it: no secrets in the key store.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="first">The id of the first KEK of a new ring: after those of a ring that was lost.</param>
    /// <exception cref="KekRingException">The ring is missing though something depends on it, does not open under this
    /// root key, is damaged, or its vault does not let a secret be purged.</exception>
    /// <exception cref="StoreUnavailableException">The vault or the key store cannot answer.</exception>
    public static async Task<KeyVaultKekRing> OpenAsync(
        KekVault vault, IKeyStore keys, IRootKey root, IRandom random, TimeProvider time, bool mayCreate,
        CancellationToken ct, uint first = 1)
    {
        var ring = new KeyVaultKekRing(vault, keys, root, random, time);
        try
        {
            if (await keys.ReadAsync(StandingsFormat.Place, ct).ConfigureAwait(false) is null)
            {
                if (!mayCreate)
                    throw new KekRingException(
                        "the standings of the KEK ring are missing in the key store. Accounts depend on them");
                await ring.CreateAsync(new KekId(first), ct).ConfigureAwait(false);
            }

            await ring.RefreshAsync(ct).ConfigureAwait(false);
            ring._timer = time.CreateTimer(_ => _ = ring.TickAsync(), null, RefreshEvery, RefreshEvery);
            return ring;
        }
        catch
        {
            ring.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool TryGet(KekId id, [NotNullWhen(true)] out Kek? kek) => Seen().Keks.TryGetValue(id, out kek);

    /// <inheritdoc/>
    public KekLease Wrap() => _leases.Take(() => Current);

    /// <inheritdoc/>
    public Task DrainAsync(KekId id, CancellationToken ct) => _leases.OverAsync(id).WaitAsync(ct);

    /// <inheritdoc/>
    public async ValueTask RefreshAsync(CancellationToken ct)
    {
        await _reading.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            var seenAt = _time.GetTimestamp();
            var stored = await _keys.ReadAsync(StandingsFormat.Place, ct).ConfigureAwait(false)
                ?? throw new StoreUnavailableException(StoreFault.Failed, "the standings of the KEK ring are gone");
            if (_now is { IsWhole: true } now && now.Stored.Token == stored.Token) Take(now.At(seenAt));
            else Take(new VaultRingView(stored, await LoadAsync(stored, ct).ConfigureAwait(false), seenAt));
        }
        catch (KekRingException e) when (_now is not null)
        {
            // Another root key for example, which an operator is about to give to this instance too.
            throw new StoreUnavailableException(StoreFault.Failed, e.Message, e);
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <inheritdoc/>
    public ValueTask<RingResult> AddNextAsync(CancellationToken ct) => ChangeAsync(async (now, attempt) =>
    {
        if (now.Entries.Any(kek => kek.State == KekState.Next)) return null;
        var next = await MakeAsync(new KekId(checked(now.Entries[^1].Id.Value + 1)), KekState.Next, ct)
            .ConfigureAwait(false);
        attempt.Made = next;
        return now.Entries.Add(next);
    }, ct);

    /// <summary>As the interface says; done as well where another instance has done it.</summary>
    public ValueTask<RingResult> PromoteAsync(CancellationToken ct) => ChangeAsync((now, _) => new(
        now.Entries.All(kek => kek.State != KekState.Next) ? null : [.. now.Entries.Select(kek => kek.State switch
        {
            KekState.Next => kek with { State = KekState.Current, SinceHour = Hour },
            KekState.Current => kek with { State = KekState.Retiring, SinceHour = Hour },
            _ => kek,
        })]), ct);

    /// <inheritdoc/>
    public ValueTask<RingResult> DestroyAsync(KekId id, CancellationToken ct) => ChangeAsync(async (now, _) =>
    {
        var kek = now.Find(id);
        if (kek?.State == KekState.Destroyed) return null;
        if (kek is not { State: KekState.Retiring } || _leases.Any(id))
            throw new InvalidOperationException($"KEK {id.Value} is not retiring, or in use: it cannot be destroyed");
        // Whatever there is of it, also what a crash has left beside the one that counts.
        var names = await _vault.ListAsync(VaultKek.PrefixOf(id), ct).ToListAsync(ct).ConfigureAwait(false);
        if (kek.IsNamed) names.Add(kek.Name);
        foreach (var name in names.Distinct(StringComparer.Ordinal))
            if (!await _vault.PurgeAsync(name, ct).ConfigureAwait(false))
                throw new KekRingException($"KEK {id.Value} is not gone: the vault still knows {name}");
        if (await _vault.ListAsync(VaultKek.PrefixOf(id), ct).AnyAsync(ct).ConfigureAwait(false))
            throw new KekRingException($"KEK {id.Value} is not gone: the vault still lists a secret of it");
        return [.. now.Entries.Select(other => other.Id == id
            ? new VaultKek(id, KekState.Destroyed, Hour, Guid.Empty, null) : other)];
    }, ct);

    /// <inheritdoc/>
    public async ValueTask<RingResult> ResealAsync(CancellationToken ct)
    {
        var old = new List<VaultKek>();
        var result = await ChangeAsync(async (now, _) =>
        {
            old.Clear();
            var entries = ImmutableArray.CreateBuilder<VaultKek>();
            foreach (var kek in now.Entries)
            {
                entries.Add(kek.Key is null
                    ? kek : await PutAsync(kek with { Nonce = NewNonce() }, ct).ConfigureAwait(false));
                if (kek.Key is not null) old.Add(kek);
            }

            return entries.ToImmutable();
        }, ct).ConfigureAwait(false);
        if (result is RingResult.Refused) return result;
        // What the old root key opens.
        return await GuardAsync(async () =>
        {
            foreach (var kek in old)
                if (!await _vault.PurgeAsync(kek.Name, ct).ConfigureAwait(false))
                    throw new KekRingException($"the vault still knows {kek.Name}, which the old root key opens");
            return new RingResult.Done();
        }).ConfigureAwait(false);
    }

    /// <summary>Zeroes the keys.</summary>
    public void Dispose()
    {
        _ended.Cancel();
        _timer?.Dispose();
        foreach (var kek in _now?.Entries ?? []) kek.Key?.Dispose();
    }

    private long Hour => _time.GetUtcNow().ToUnixTimeSeconds() / 3600;

    private VaultRingView Seen() =>
        _now is { } now && _time.GetElapsedTime(now.SeenAt) <= StaleAfter ? now : throw Unseen();

    private static StoreUnavailableException Unseen() => new(
        StoreFault.Failed, $"this instance has not seen the KEK ring for {StaleAfter.TotalMinutes} minutes");

    private async Task TickAsync()
    {
        try
        {
            await RefreshAsync(_ended.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is StoreUnavailableException or KekRingException)
        {
            if (_now is not { } now || _time.GetElapsedTime(now.SeenAt) <= StaleAfter) return;
            Take(new VaultRingView(now.Stored, [.. now.Entries.Select(kek => kek with { Key = null })], now.SeenAt));
        }
        catch (OperationCanceledException)
        {
            // This object is disposed.
        }
    }

    private void Take(VaultRingView next)
    {
        var before = _now;
        _leases.Change(() => _now = next);
        // Whoever has just written under one that is gone still moves his row on.
        foreach (var gone in before?.Entries ?? [])
        {
            if (gone.Key is null || gone.Key == next.Find(gone.Id)?.Key) continue;
            _leases.OverAsync(gone.Id).ContinueWith(_ => gone.Key.Dispose(), TaskScheduler.Default);
        }
    }

    private async ValueTask<ImmutableArray<VaultKek>> LoadAsync(Row stored, CancellationToken ct)
    {
        var known = _now;
        var entries = ImmutableArray.CreateBuilder<VaultKek>();
        foreach (var kek in StandingsFormat.Read(stored.Value.Span, _root))
        {
            if (kek.State == KekState.Destroyed || !kek.IsNamed) entries.Add(kek);
            else if (known?.Find(kek.Id) is { Key: { } key } there && there.Nonce == kek.Nonce)
                entries.Add(kek with { Key = key });
            else
            {
                var loaded = await OpenAsync(kek, ct).ConfigureAwait(false);
                // Somebody died, or is, between the purge and the row.
                if (loaded is null && kek.State != KekState.Retiring)
                    throw new StoreUnavailableException(StoreFault.Failed, $"the vault has no secret {kek.Name}");
                entries.Add(kek with { Key = loaded });
            }
        }

        return entries.ToImmutable();
    }

    private async ValueTask<SecretBytes?> OpenAsync(VaultKek kek, CancellationToken ct)
    {
        if (await _vault.GetAsync(kek.Name, ct).ConfigureAwait(false) is not { } wrapped) return null;
        if (_root.TryUnwrap(StandingsFormat.PurposeOf(kek), wrapped, out var key) && key.Length == Kek.Size) return key;
        throw new StoreUnavailableException(
            StoreFault.Failed, $"the secret {kek.Name} does not open under this root key");
    }

    private async Task CreateAsync(KekId first, CancellationToken ct)
    {
        var made = await MakeAsync(first, KekState.Current, ct).ConfigureAwait(false);
        using (made.Key)
        {
            // The secrets of a ring whose standings were lost may be there still. None of its KEKs is gone before the
            // vault was asked, as any that is retiring.
            var lost = Enumerable.Range(1, (int)first.Value - 1)
                .Select(id => new VaultKek(new KekId((uint)id), KekState.Retiring, Hour, Guid.Empty, null));
            var row = new RowWrite.Create(StandingsFormat.Place, StandingsFormat.Write([.. lost, made], _root));
            if (await _keys.WriteAsync([row], ct).ConfigureAwait(false) is WriteResult.Unavailable(_, var reason))
                throw new StoreUnavailableException(reason, "the standings of the KEK ring cannot be stored");
            // Refused: another instance was faster. Either way what counts is what is there.
            await DropUnnamedAsync(made, ct).ConfigureAwait(false);
        }
    }

    private ValueTask<VaultKek> MakeAsync(KekId id, KekState state, CancellationToken ct) => PutAsync(
        new VaultKek(id, state, Hour, NewNonce(), SecretBytes.Random(Kek.Size, _random)), ct);

    private async ValueTask<VaultKek> PutAsync(VaultKek kek, CancellationToken ct)
    {
        var wrapped = _root.Wrap(StandingsFormat.PurposeOf(kek), kek.Key!.Span);
        if (!await _vault.PutAsync(kek.Name, wrapped, ct).ConfigureAwait(false))
            throw new KekRingException("the vault protects secrets from being purged: no KEK of it could be destroyed");
        // What is there must open before anything is wrapped under it.
        using var found = await OpenAsync(kek, ct).ConfigureAwait(false);
        if (found is null || !found.Span.SequenceEqual(kek.Key.Span))
            throw new KekRingException($"the secret {kek.Name} is not what was set");
        return kek;
    }

    private Guid NewNonce()
    {
        Span<byte> nonce = stackalloc byte[16];
        _random.Fill(nonce);
        return new Guid(nonce);
    }

    private async ValueTask<RingResult> ChangeAsync(
        Func<VaultRingView, Attempt, ValueTask<ImmutableArray<VaultKek>?>> change, CancellationToken ct)
    {
        await _changing.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            return await GuardAsync(async () =>
            {
                for (var number = 0; number < Attempts; number++)
                {
                    await RefreshAsync(ct).ConfigureAwait(false);
                    var (now, attempt) = (_now!, new Attempt());
                    if (await change(now, attempt).ConfigureAwait(false) is not { } next) return new RingResult.Done();
                    var write = new RowWrite.Replace(now.Stored, StandingsFormat.Write(next, _root));
                    var result = await _keys.WriteAsync([write], ct).ConfigureAwait(false);
                    if (attempt.Made is { } made)
                    {
                        made.Key?.Dispose();
                        await DropUnnamedAsync(made, ct).ConfigureAwait(false);
                    }

                    await RefreshAsync(ct).ConfigureAwait(false);
                    if (result is WriteResult.Written) return new RingResult.Done();
                    if (result is WriteResult.Unavailable(_, var reason))
                        return new RingResult.Refused($"the standings of the ring cannot be written ({reason})", null);
                }

                return new RingResult.Refused("the standings of the ring keep changing", null);
            }).ConfigureAwait(false);
        }
        finally
        {
            _changing.Release();
        }
    }

    // A secret that lost its race goes; one whose row may still come to be written stays, and goes with its KEK.
    private async ValueTask DropUnnamedAsync(VaultKek made, CancellationToken ct)
    {
        var before = _now?.Stored.Token;
        if (await _keys.ReadAsync(StandingsFormat.Place, ct).ConfigureAwait(false) is not { } stored
            || stored.Token == before
            || StandingsFormat.Read(stored.Value.Span, _root).Exists(kek => kek.Nonce == made.Nonce)) return;
        await _vault.PurgeAsync(made.Name, ct).ConfigureAwait(false);
    }

    private static async ValueTask<RingResult> GuardAsync(Func<Task<RingResult>> act)
    {
        try
        {
            return await act().ConfigureAwait(false);
        }
        catch (Exception e) when (e is KekRingException or StoreUnavailableException)
        {
            return new RingResult.Refused(e.Message, e);
        }
    }

    private sealed class Attempt
    {
        public VaultKek? Made { get; set; }
    }
}
