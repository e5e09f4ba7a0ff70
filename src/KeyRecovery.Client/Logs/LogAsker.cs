using System.Collections.Immutable;
using System.Text;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Logs;

/// <summary>
/// Asks what was done to an account, and verifies it against the log: the checkpoint, that it goes on from the one that
/// is known, and each entry's place (docs/protocol.md §17.1, 1 to 3).
/// </summary>
/// <param name="policy">The logs and witnesses that the app pins; null where it pins none.</param>
/// <param name="api">Asks the server.</param>
/// <param name="keys">Who asks.</param>
/// <param name="account">The account.</param>
/// <param name="token">The app's token, where it asks for one beside a slot's signature.</param>
internal sealed class LogAsker(
    LogPolicy? policy, VaultApi api, DeviceKeys keys, AccountId account, string? token = null)
{
    /// <summary>The most entries of one answer.</summary>
    public const int MostEntries = 128;

    private const int MostHashes = 64;

    // How far the server's clock may be from this one's.
    private const ulong MaxSkewSeconds = 300;

    /// <summary>Whether this account's server must have a log: the app pins one, or the device has seen one.</summary>
    public bool Expects(KeptLog known) => policy is not null || !known.Note.IsEmpty;

    /// <summary>
    /// What the server's clock says at least, in seconds since 1970: signatures bound how far clocks are apart.
    /// </summary>
    public ulong EarliestSeconds => api.NowSeconds - Math.Min(api.NowSeconds, MaxSkewSeconds);

    /// <summary>Asks, and verifies.</summary>
    /// <param name="known">What is remembered of the log.</param>
    /// <param name="before">All entries come before this number; null for the newest.</param>
    /// <param name="limit">How many, 1 to <see cref="MostEntries"/>.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Result<LogView>> ReadAsync(KeptLog known, ulong? before, int limit, CancellationToken ct)
    {
        var (trusted, size) = (known, known.Checkpoint?.Size ?? 0);
        var answer = await api.GetActivityAsync(keys, before, limit, size, token, ct);
        if (!answer.Read(ClientJson.Default.ActivityJson).TryGet(out var told, out var failure)) return failure;
        Checkpoint? checkpoint = null;
        if (told.Checkpoint is { } text)
        {
            var opened = await OpenAsync(Encoding.UTF8.GetBytes(text), trusted, ct);
            if (!opened.TryGet(out var read, out var unread)) return unread;
            (checkpoint, trusted) = read;
        }

        if (Continue(known, checkpoint, told, trusted) is { } contradiction) return contradiction;
        if (Entries(told, before, limit, checkpoint) is not { } entries)
            return new ClientFailure.ServerLied(ProtocolFault.Malformed);
        return entries.TryGet(out var verified, out var lie)
            // A server that says for ever that a minute has not passed is not believed.
            ? new LogView(trusted, checkpoint, verified, Math.Max(told.ServerTime, EarliestSeconds)) : lie;
    }

    /// <summary>Verifies a checkpoint of the log by its key, or by the app's policy.</summary>
    /// <param name="bytes">A signed note.</param>
    /// <param name="known">What is remembered of the log.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>The checkpoint, and what is to be remembered with it.</returns>
    public async Task<Result<(Checkpoint Checkpoint, KeptLog Log)>> OpenAsync(
        byte[] bytes, KeptLog known, CancellationToken ct)
    {
        if (!SignedNote.TryParse(bytes, out var note)) return new ClientFailure.ServerLied(ProtocolFault.LogCheckpoint);
        if (policy is not null)
            return policy.TryAccept(note, out var accepted)
                ? (accepted, known with { Note = bytes }) : new ClientFailure.ServerLied(ProtocolFault.LogCheckpoint);
        if (known.Key is { } first && Checkpoint.TryOpen(note, first, out var opened))
            return (opened, known with { Note = bytes });
        var answer = await api.GetAuditKeyAsync(ct);
        if (!answer.Read(ClientJson.Default.AuditKeyJson).TryGet(out var told, out var failure)) return failure;
        if (!NoteKey.TryParse(told.Log, out var key)) return new ClientFailure.ServerLied(ProtocolFault.LogCheckpoint);
        if (known.Key is { } other && other != key) return new ClientFailure.LogKeyChanged();
        return Checkpoint.TryOpen(note, key, out var now)
            ? (now, known with { Key = key, Note = bytes })
            : new ClientFailure.ServerLied(ProtocolFault.LogCheckpoint);
    }

    // Null where it goes on from what is known. A log of another name is one that the app's policy took in its place.
    private static ClientFailure.RolledBack? Continue(
        KeptLog known, Checkpoint? now, ActivityJson told, KeptLog next)
    {
        if (known.Checkpoint is not { } before || (now is not null && now.Origin != before.Origin)) return null;
        if (now is null || now.Size < before.Size) return Caught(ProtocolFault.RolledBackLog);
        return ReadHashes(told.Consistency) is { } proof
            && MerkleProof.VerifyConsistency(before.Size, before.Root, now.Size, now.Root, proof)
            ? null : Caught(ProtocolFault.ForkedLog);

        ClientFailure.RolledBack Caught(ProtocolFault fault) => new(fault)
        {
            Log = new LogEvidence(known.Note, now is null ? default : next.Note),
        };
    }

    // Null where something does not read.
    private Result<ImmutableArray<LoggedEntry>>? Entries(
        ActivityJson told, ulong? before, int limit, Checkpoint? checkpoint)
    {
        if (told.Entries.Length > limit) return new ClientFailure.ServerLied(ProtocolFault.DroppedEntry);
        var entries = ImmutableArray.CreateBuilder<LoggedEntry>(told.Entries.Length);
        var above = before;
        foreach (var entry in told.Entries)
        {
            if (above is { } number ? number == 0 || entry.Number != number - 1 : entry.Number > CborOut.MaxInteger)
                return new ClientFailure.ServerLied(ProtocolFault.DroppedEntry);
            if (!TryDecode(entry, out var detail, out var salt)) return null;
            if (detail.Account != account) return new ClientFailure.ServerLied(ProtocolFault.OtherAccount);
            var isProved = entry.Index is { } index && index < checkpoint?.Size;
            if (isProved && !IsProved(entry, AuditLeaf.Of(detail, salt), checkpoint!))
                return new ClientFailure.ServerLied(ProtocolFault.LogProof);
            entries.Add(new LoggedEntry(entry.Number, detail, entry.Index, isProved));
            above = entry.Number;
        }

        // Fewer than there are.
        if (entries.Count < limit && (entries.Count == 0 ? before > 0 : entries[^1].Number > 0))
            return new ClientFailure.ServerLied(ProtocolFault.DroppedEntry);
        return entries.ToImmutable();
    }

    private static bool IsProved(ActivityEntryJson entry, AuditLeaf leaf, Checkpoint checkpoint) =>
        ReadHashes(entry.Proof ?? []) is { } proof && MerkleProof.VerifyInclusion(
            MerkleTree.LeafHash(leaf.Encode()), entry.Index!.Value, checkpoint.Size, checkpoint.Root, proof);

    private static bool TryDecode(ActivityEntryJson entry, out AuditDetail detail, out Hash256 salt)
    {
        detail = null!;
        salt = default;
        if (!Base64UrlText.TryDecodeUpTo(entry.Detail, AuditDetail.MaxSize, out var bytes)
            || !Hash256.TryParse(entry.Salt, out salt)) return false;
        try
        {
            detail = AuditDetail.Decode(bytes);
            return true;
        }
        catch (WireFormatException)
        {
            return false;
        }
    }

    private static List<Hash256>? ReadHashes(string[] texts)
    {
        if (texts.Length > MostHashes) return null;
        var hashes = new List<Hash256>(texts.Length);
        foreach (var text in texts)
        {
            if (!Hash256.TryParse(text, out var hash)) return null;
            hashes.Add(hash);
        }

        return hashes;
    }
}
