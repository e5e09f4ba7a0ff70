using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using KeyRecovery.Service.Keys;
using KeyRecovery.Storage.Files.Disk;

namespace KeyRecovery.Storage.Files.Ring;

/// <summary>
/// The KEK ring in a file: <c>kek-ring</c>, mode 0600, sealed under the root key beside which it lies, replaced as a
/// whole. It is durable before a KEK of it is used, and the file without a KEK is durable before that KEK is forgotten.
/// </summary>
public sealed class FileKekRing : IKekRing, IRootSealed, IDisposable
{
    /// <summary>The file's name.</summary>
    public const string FileName = "kek-ring";

    private readonly RingFile _file;
    private readonly IRandom _random;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _changing = new(1, 1);
    private readonly KekLeases _leases = new();
    private volatile RingContent _now;

    private FileKekRing(RingFile file, IRandom random, TimeProvider time) =>
        (_file, _random, _time, _now) = (file, random, time, file.Read());

    /// <inheritdoc/>
    public Kek Current => _now.Current;

    /// <inheritdoc/>
    public ImmutableArray<KekStanding> Standings => _now.Standings;

    /// <summary>Reads the ring, or makes one with a first KEK.</summary>
    /// <param name="folder">The ring's folder, made with mode 0700.</param>
    /// <param name="root">The key it is sealed under.</param>
    /// <param name="random">Where KEKs come from.</param>
    /// <param name="time">Tells the hour a KEK comes into a state.</param>
    /// <param name="mayCreate">True only while nothing depends on it: no secrets in the key store.</param>
    /// <param name="first">The id of the first KEK of a new ring: after those of a ring that was lost.</param>
    /// <exception cref="KekRingException">
    /// The ring is missing though something depends on it, does not open under this root key, or is damaged, newer or
    /// unreadable.
    /// </exception>
    public static FileKekRing Open(
        string folder, IRootKey root, IRandom random, TimeProvider time, bool mayCreate, uint first = 1)
    {
        var file = new RingFile(Path.Combine(Path.GetFullPath(folder), FileName), root);
        try
        {
            if (File.Exists(file.Path)) PrivateFiles.Restrict(file.Path);
            else if (mayCreate) Create(file, random, time, new KekId(first));
            else throw Throw.Missing(file.Path);
            AtomicFile.DropDraft(file.Path);
            // What was just made is read back as well: it must open before anything is wrapped under it.
            return new FileKekRing(file, random, time);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Throw.Io(file.Path, e);
        }
    }

    /// <inheritdoc/>
    public bool TryGet(KekId id, [NotNullWhen(true)] out Kek? kek) => _now.Keks.TryGetValue(id, out kek);

    /// <inheritdoc/>
    public KekLease Wrap() => _leases.Take(() => _now.Current);

    /// <summary>Nothing: the folder's lock sees to it that all instances are this one.</summary>
    public ValueTask RefreshAsync(CancellationToken ct) => default;

    /// <inheritdoc/>
    public Task DrainAsync(KekId id, CancellationToken ct) => _leases.OverAsync(id).WaitAsync(ct);

    /// <inheritdoc/>
    public async ValueTask<RingResult> AddNextAsync(CancellationToken ct)
    {
        await _changing.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            if (_now.Next is not null) return new RingResult.Done();
            var key = SecretBytes.Random(Kek.Size, _random);
            var result = Change(_now.WithNext(key, Hour));
            if (result is RingResult.Refused) key.Dispose();
            return result;
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<RingResult> PromoteAsync(CancellationToken ct)
    {
        await _changing.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            if (_now.Next is null) throw Throw.NoNext();
            return Change(_now.Promoted(Hour));
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<RingResult> DestroyAsync(KekId id, CancellationToken ct)
    {
        await _changing.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            var state = this.StateOf(id);
            if (state == KekState.Destroyed) return new RingResult.Done();
            if (state != KekState.Retiring || _leases.Any(id)) throw Throw.InUse(id);
            return Destroy(_now.Keks[id]);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<RingResult> ResealAsync(CancellationToken ct)
    {
        await _changing.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            return _file.Replace(_now);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Zeroes the keys.</summary>
    public void Dispose()
    {
        _now.Zero();
        _changing.Dispose();
    }

    private long Hour => HourOf(_time);

    private static long HourOf(TimeProvider time) => time.GetUtcNow().ToUnixTimeSeconds() / 3600;

    private static void Create(RingFile file, IRandom random, TimeProvider time, KekId first)
    {
        using var key = SecretBytes.Random(Kek.Size, random);
        file.Create(RingContent.Of([new KekEntry(first, KekState.Current, HourOf(time), key)], file.Path));
    }

    // The file first. Where that fails, it may hold either ring; both hold every key that a row may need.
    private RingResult Change(RingContent next)
    {
        var result = _file.Replace(next);
        if (result is RingResult.Done) _leases.Change(() => _now = next);
        return result;
    }

    private RingResult Destroy(Kek kek)
    {
        var next = _now.Without(kek.Id, Hour);
        // Copies first: once the file says destroyed, a restart believes it.
        if (Prove(kek, besides: true) is { } copied) return copied;
        if (_file.Replace(next) is RingResult.Refused refused) return refused;
        if (Prove(kek, besides: false) is { } held) return held;

        _leases.Change(() => _now = next);
        kek.Dispose();
        return new RingResult.Done();
    }

    private RingResult.Refused? Prove(Kek kek, bool besides)
    {
        try
        {
            return _file.FindHolder(kek.Key, besides) is { } holder
                ? new RingResult.Refused($"KEK {kek.Id.Value} is not gone: {holder}", null)
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or KekRingException)
        {
            return new RingResult.Refused($"whether KEK {kek.Id.Value} is gone cannot be read: {e.Message}", e);
        }
    }
}
