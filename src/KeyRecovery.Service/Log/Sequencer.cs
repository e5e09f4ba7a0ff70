using System.Collections.Immutable;
using System.Text;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Service.Feed;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;

namespace KeyRecovery.Service.Log;

/// <summary>
/// Appends each committed change to the log exactly once, and publishes (docs/storage.md §7). One pass: make what the
/// head's last batch is still owed; look for changes that were committed; replace the head, which alone appends; make
/// what that batch is owed; publish the head's checkpoint. Each step may be done twice, by whomever, and cut short
/// anywhere. Safe for concurrent use of several instances; within one, a pass at a time.
/// </summary>
public sealed class Sequencer : IDisposable
{
    // Point reads that wait for a database across a network wait together.
    private const int LooksAtOnce = 32;

    private readonly IDataStore _data;
    private readonly IKeyStore _keys;
    private readonly LogHeads _heads;
    private readonly LogRows _rows;
    private readonly ILogFiles _files;
    private readonly LogReader _reader;
    private readonly LogTree _tree;
    private readonly LogIndex _index;
    private readonly OutboxReader _outbox;
    private readonly LogKeys _signers;
    private readonly LogSettings _settings;
    private readonly IRandom _random;
    private readonly AppFeeds _feeds;
    private readonly Cosigning? _cosigning;

    // The note of the head of which nothing is owed any more.
    private ReadOnlyMemory<byte> _made;

    internal Sequencer(
        IDataStore data, IKeyStore keys, ILogFiles files, TableRegistry tables, LogKeys signers, LogSettings settings,
        IRandom random, TimeProvider time, AppFeeds feeds, LogWitnesses? witnesses = null)
    {
        (_data, _keys, _files, _signers, _settings, _random) = (data, keys, files, signers, settings, random);
        (_heads, _index) = (new LogHeads(keys), new LogIndex(data));
        _rows = new LogRows(data, keys, _index, feeds);
        _feeds = feeds;
        (_reader, _tree) = (new LogReader(files), new LogTree(files));
        _cosigning = witnesses is null ? null : new Cosigning(witnesses, files);
        _outbox = new OutboxReader(data, keys, tables, time);
    }

    /// <summary>The log's name where none is configured: from its key.</summary>
    public static string DefaultOrigin(VerifyKey key) =>
        $"keyrecovery-log.invalid/{Convert.ToHexStringLower(Hash256.Of(key.ToArray()).ToArray())[..16]}";

    /// <summary>The log's verifier key: origin and public key; known once the log was opened.</summary>
    public NoteKey? Key => Keys is [var newest, ..] ? newest : null;

    /// <summary>The key before it, while that still signs too; else null.</summary>
    public NoteKey? KeyBefore => _signers.Signing.Length > 1 && Keys is [_, var before, ..] ? before : null;

    // All that the log has had, the newest first; none before it was opened.
    private ImmutableArray<NoteKey> Keys { get; set; } = [];

    /// <summary>
    /// What comes before anybody is served: a log is begun where there is none, a newer published checkpoint is taken
    /// over, what a crash cut short is made, the right edge is recomputed from the tiles, and what the data store has
    /// forgotten of the log is read back into it.
    /// </summary>
    /// <exception cref="LogMismatchException">Head, tiles and checkpoint are not of one log.</exception>
    /// <exception cref="StoreUnavailableException">A store or the files cannot be read or written.</exception>
    public async Task OpenAsync(CancellationToken ct)
    {
        var (head, stored) = await _heads.ReadAsync(ct) ?? await BeginAsync(ct);
        try
        {
            await OpenAsync(head, stored, ct);
        }
        catch (LogMismatchException) when (_settings.BeginAnewAfter == head.Size)
        {
            (head, stored) = await BeginAnewAsync(head, stored, ct);
            await OpenAsync(head, stored, ct);
        }
        catch (LogMismatchException mismatch)
        {
            throw mismatch.OfSize(head.Size);
        }
    }

    private async Task OpenAsync(LogHead head, Row stored, CancellationToken ct)
    {
        try
        {
            await JoinAsync(head, stored, ct);
        }
        catch (LogFaultException wrong)
        {
            throw LogMismatchException.Of(wrong.Fault);
        }
    }

    private async Task JoinAsync(LogHead head, Row stored, CancellationToken ct)
    {
        var keys = KeysOf(head.Origin);
        if (await PublishedAsync(keys, ct) is var (published, note))
        {
            if (published.Size > head.Size) (head, stored) = await AdoptAsync(head, stored, published, note, ct);
            else await CompareAsync(head, published, ct);
        }

        if (!await _tree.TryAppendAsync(head.Before, [.. head.Last.Select(leaf => leaf.Leaf)], ct)
            || (await _reader.EdgeAsync(head.Size, ct)).Root != head.Edge.Root)
            throw LogMismatchException.Edge(head.Size, await FirstWrongAsync(head.Size, ct));
        // The key store may have gone back behind what the data store remembers.
        await _rows.TellAsync(head, ct);
        // The data store remembers last that it has followed: then nothing is owed.
        if (await _rows.FollowAsync(head.Size, _reader, ct)) _made = head.Note;
        await MakeAsync(head, ct);
        await PublishAsync(head, ct);
        Keys = keys;
        await _settings.Policy().PutAsync(_files, ct);
        try
        {
            // A start that has nothing to sign asks nobody.
            if (head.Told.Owed(await NowAsync(head.Origin, ct)).Any()) await BeginToSignAsync(head, stored, ct);
        }
        catch (LogContradictedException)
        {
            // The server serves, and each pass tells of it.
        }
    }

    /// <summary>One pass.</summary>
    /// <exception cref="LogFaultException">A tile that is continued is not there.</exception>
    /// <exception cref="LogContradictedException">A witness knows more than the head: nothing is appended.</exception>
    /// <exception cref="StoreUnavailableException">A store or the files cannot be read or written: the next pass goes
    /// on.</exception>
    public async Task<SequencerReport> PassAsync(CancellationToken ct)
    {
        var (head, stored) = await _heads.ReadAsync(ct)
            ?? throw new InvalidOperationException("the log was not opened");
        await MakeAsync(head, CancellationToken.None);
        (head, stored) = await BeginToSignAsync(head, stored, ct);
        var look = await _outbox.LookAsync(ct);
        var appended = 0;
        foreach (var batch in LogHead.Batches(await NewAsync(look.Committed, ct)))
        {
            // Only a batch behind another one needs the row as it stands now.
            if (appended > 0)
            {
                if (await _heads.FindAsync(head, ct) is not { } mine) break;
                stored = mine;
            }

            if (await AppendAsync(head, stored, batch, ct) is not { } next) break;
            head = next;
            appended += batch.Length;
            await CompleteAsync(head);
        }

        await _rows.RemoveAsync(look.Dead, ct);
        if (appended == 0) await PublishAsync(head, ct);
        return new SequencerReport(head.Size, appended, look.Undecided, look.Oldest);
    }

    /// <summary>
    /// Asks the witnesses for what they have not cosigned yet, and publishes what they have; beside passes. Null where
    /// there are none.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The files cannot be read or written.</exception>
    public async Task<CosigningReport?> CosignAsync(CancellationToken ct) =>
        _cosigning is null || Keys.IsEmpty ? null : await _cosigning.RoundAsync(Keys, ct);

    /// <inheritdoc/>
    public void Dispose()
    {
        _signers.Dispose();
        _cosigning?.Dispose();
    }

    // What stands in the way of signing, and what the log says of itself before anything else.
    private async ValueTask<(LogHead Head, Row Stored)> BeginToSignAsync(
        LogHead head, Row stored, CancellationToken ct)
    {
        try
        {
            if (_cosigning is not null) await _cosigning.AllowAsync(Keys, ct);
        }
        catch (LogContradictedException) when (_settings.BeginAnewAfter == head.Size)
        {
            var (lost, row) = (head, stored);
            (head, stored) = await _cosigning!.BeginAnewAsync(() => BeginAnewAsync(lost, row, ct), ct);
            await OpenAsync(head, stored, ct);
            return await _heads.ReadAsync(ct) ?? throw new InvalidOperationException("the log was not opened");
        }

        foreach (var (what, commitment, then) in head.Told.Owed(await NowAsync(head.Origin, ct)))
        {
            (head, stored) = await AppendOwnAsync(head with { Told = then }, stored, what, commitment, ct);
            await CompleteAsync(head);
        }

        return (head, stored);
    }

    private async ValueTask<(LogHead Head, Row Stored)> BeginAsync(CancellationToken ct)
    {
        var origin = _settings.Origin ?? DefaultOrigin(_signers.Known[^1]);
        var told = await NowAsync(origin, ct) with { Restores = [] };
        var empty = new LogHead(origin, MerkleEdge.Empty, Sign(origin, MerkleEdge.Empty), told, []);
        return await _heads.BeginAsync(empty, ct);
    }

    // Another name, or it would be a fork of the one that is lost; its first leaf names that one's last checkpoint.
    private async ValueTask<(LogHead Head, Row Stored)> BeginAnewAsync(LogHead lost, Row stored, CancellationToken ct)
    {
        await _index.LoseAsync(ct);
        await _files.RetireAsync(ct);
        var origin = NextOrigin(lost.Origin);
        var told = await NowAsync(origin, ct) with { Restores = lost.Told.Restores };
        var begun = lost with { Origin = origin, Edge = MerkleEdge.Empty, Told = told };
        return await AppendOwnAsync(begun, stored, AuditEvent.LogBegunAnew, Hash256.Of(lost.Note.Span), ct);
    }

    // What the log says of itself has no outbox row: the head's replacement decides it.
    private async ValueTask<(LogHead Head, Row Stored)> AppendOwnAsync(
        LogHead head, Row stored, AuditEvent what, Hash256 commitment, CancellationToken ct)
    {
        var leaf = new AuditLeaf(
            _settings.Now().Wall, what, AuditRole.Operator, LeafLabel.Draw(_random), commitment,
            head.Told.Policy).Encode();
        return await AppendAsync(
            head, stored, [new BatchLeaf(OutboxRow.Place(StoreKind.Data, default), leaf)], ct) is { } next
            && await _heads.FindAsync(next, ct) is { } row
                ? (next, row)
                : throw new StoreUnavailableException(StoreFault.Busy, "another instance opens the log");
    }

    // What the log must have told before it tells anything else.
    private async ValueTask<ToldOfItself> NowAsync(string origin, CancellationToken ct)
    {
        var key = Hash256.Of(Encoding.UTF8.GetBytes(KeysOf(origin)[0].ToString()));
        var restores = await _settings.Restores(ct);
        return new ToldOfItself(_settings.Policy().Hash, key, [.. restores.Select(id => Hash256.Of(id))]);
    }

    private ImmutableArray<NoteKey> KeysOf(string origin) =>
        [.. _signers.Known.Select(key => NoteKey.Of(origin, NoteSignatureType.Ed25519, key))];

    private static string NextOrigin(string origin)
    {
        const string Mark = "/again-";
        var at = origin.LastIndexOf(Mark, StringComparison.Ordinal);
        return at >= 0 && int.TryParse(origin[(at + Mark.Length)..], out var number)
            ? $"{origin[..at]}{Mark}{number + 1}" : $"{origin}{Mark}1";
    }

    private byte[] Sign(string origin, MerkleEdge edge)
    {
        var checkpoint = new Checkpoint(origin, edge.Size, edge.Root);
        return _signers.Signing.Select(checkpoint.Sign)
            .Aggregate((note, more) => note.With(more.Signatures[0])).Encode();
    }

    // What anybody may have seen: the published one, or what was signed to be cosigned.
    private async ValueTask<(Checkpoint Checkpoint, byte[] Note)?> PublishedAsync(
        ImmutableArray<NoteKey> keys, CancellationToken ct)
    {
        (Checkpoint Checkpoint, byte[] Note)? newest = null;
        foreach (var note in new[] { await _files.CheckpointAsync(ct), await _files.SignedAsync(ct) })
        {
            if (note is null) continue;
            if (!SignedNote.TryParse(note, out var signed)
                || Checkpoint.FindOpen(signed, keys) is not { } checkpoint)
                throw LogMismatchException.Stranger(keys[0].Name);
            if (newest is not var (before, _) || checkpoint.Size > before.Size) newest = (checkpoint, note);
        }

        return newest;
    }

    // Something is known to be wrong: at the latest the last leaf.
    private async ValueTask<ulong> FirstWrongAsync(ulong size, CancellationToken ct) =>
        (await new LogWalk(_files, size).FindFaultAsync(ct))?.Index ?? Math.Max(size, 1) - 1;

    // The key store went back to before it. What is published stands, if it goes on from here.
    private async ValueTask<(LogHead Head, Row Stored)> AdoptAsync(
        LogHead head, Row stored, Checkpoint published, byte[] note, CancellationToken ct)
    {
        var edge = await _reader.EdgeAsync(published.Size, ct);
        if (edge.Root != published.Root)
            throw LogMismatchException.Edge(published.Size, await FirstWrongAsync(published.Size, ct));
        if ((await _reader.EdgeAsync(head.Size, ct)).Root != head.Edge.Root)
            throw LogMismatchException.Forked(published.Size, head.Size, head.Size - 1);
        var told = head.Told;
        await foreach (var (_, leaf) in _reader.EntriesAsync(head.Size, published.Size, ct))
            told = told.After(AuditLeaf.Decode(leaf));
        var next = head with { Edge = edge, Note = note, Told = told, Last = [] };
        await _feeds.LoseAsync(next.Origin, next.Size, ct);
        return await _heads.ReplaceAsync(next, stored, ct) && await _heads.FindAsync(next, ct) is { } row
            ? (next, row)
            : throw new StoreUnavailableException(StoreFault.Busy, "another instance opens the log");
    }

    // What is published lies before the head, or is it.
    private async ValueTask CompareAsync(LogHead head, Checkpoint published, CancellationToken ct)
    {
        if (published.Size == head.Size && published.Root == head.Edge.Root) return;
        if (!await _reader.HasAsync(head.Before, ct)) throw LogMismatchException.Ends(published.Size, head.Size);
        await _tree.AppendAsync(head.Before, [.. head.Last.Select(leaf => leaf.Leaf)], ct);
        if ((await _reader.EdgeAsync(published.Size, ct)).Root != published.Root)
            throw LogMismatchException.Forked(
                published.Size, head.Size, published.Size == 0 ? 0 : published.Size - 1);
    }

    // What has no place in the log yet; of one that stands there twice the first.
    private async ValueTask<List<BatchLeaf>> NewAsync(IReadOnlyList<BatchLeaf> committed, CancellationToken ct)
    {
        var (fresh, known, seen) = (new List<BatchLeaf>(), new List<RowKey>(), new HashSet<Hash256>());
        foreach (var some in committed.Chunk(LooksAtOnce))
        {
            var hashes = some.Select(leaf => MerkleTree.LeafHash(leaf.Leaf.Span)).ToArray();
            var appended = await Task.WhenAll(hashes.Select(hash => _index.WasAppendedAsync(hash, ct).AsTask()));
            for (var i = 0; i < some.Length; i++)
                if (!seen.Add(hashes[i]) || appended[i]) known.Add(some[i].Outbox);
                else fresh.Add(some[i]);
        }

        await _rows.RemoveAsync(known, ct);
        return fresh;
    }

    // Null where another instance has replaced it.
    private async ValueTask<LogHead?> AppendAsync(
        LogHead head, Row stored, BatchLeaf[] batch, CancellationToken ct)
    {
        var edge = head.Edge;
        foreach (var leaf in batch) edge = edge.Append(MerkleTree.LeafHash(leaf.Leaf.Span));
        var next = head with { Edge = edge, Note = Sign(head.Origin, edge), Last = [.. batch] };
        return await _heads.ReplaceAsync(next, stored, ct) ? next : null;
    }

    // What has its place is made and published, also where the server stops meanwhile: were the keys then lost, the
    // tiles would tell of leaves that no checkpoint has, and nothing could go on from them.
    private async ValueTask CompleteAsync(LogHead head)
    {
        await MakeAsync(head, CancellationToken.None);
        await PublishAsync(head, CancellationToken.None);
    }

    private async ValueTask MakeAsync(LogHead head, CancellationToken ct)
    {
        if (head.Note.Span.SequenceEqual(_made.Span)) return;
        await _tree.AppendAsync(head.Before, [.. head.Last.Select(leaf => leaf.Leaf)], ct);
        await _rows.MakeAsync(head, ct);
        _made = head.Note;
    }

    // What needs cosignatures is kept until it has them.
    private ValueTask<bool> PublishAsync(LogHead head, CancellationToken ct) => _cosigning is { HoldsBack: true }
        ? _files.KeepSignedAsync(head.Note, kept => IsBefore(kept, head), ct)
        : _files.PublishAsync(head.Note, published => IsBefore(published, head), ct);

    // One that was frozen must not put an older one in the place of what was published since.
    private static bool IsBefore(byte[]? published, LogHead head) =>
        published is null || !SignedNote.TryParse(published, out var note)
        || !Checkpoint.TryParse(note.Text, out var checkpoint) || checkpoint.Size < head.Size;
}
