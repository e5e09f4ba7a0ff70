using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Devices;

/// <summary>What a device remembers of the log (docs/protocol.md §17.1).</summary>
internal sealed record KeptLog
{
    private const int MaxKey = 512;
    private const int MaxNote = 64 * 1024;

    /// <summary>Of a device that has seen none.</summary>
    public static KeptLog None { get; } = new();

    /// <summary>The log's key as this device saw it first; null where it has seen none, or the app pins it.</summary>
    public NoteKey? Key
    {
        get => NoteKey.TryParse(KeyText, out var key) ? key : null;
        init => KeyText = value?.ToString() ?? "";
    }

    // Read where it is asked for, as the checkpoint is: every change of the account writes the whole state.
    private string KeyText { get; init; } = "";

    /// <summary>The newest checkpoint that was verified, a signed note; empty where there is none.</summary>
    public ReadOnlyMemory<byte> Note { get; init; }

    /// <summary>The newest manifest that was found in the log.</summary>
    public ManifestPlace? Found { get; init; }

    /// <summary>What did not hold, as it was first seen; null as a rule.</summary>
    public LogFinding? Finding { get; init; }

    /// <summary>The newest checkpoint that was verified; null where there is none.</summary>
    public Checkpoint? Checkpoint => SignedNote.TryParse(Note.Span, out var note)
        && Protocol.Audit.Log.Checkpoint.TryParse(note.Text, out var checkpoint) ? checkpoint : null;

    /// <summary>With what did not hold; the first counts until the person has been told.</summary>
    public KeptLog With(LogFinding finding) => this with { Finding = Finding ?? finding };

    public void Write(CborOut writer)
    {
        writer.Array(5).Text(KeyText).Bytes(Note.Span)
            .UInt(Found?.Version ?? 0).Bytes(Found is { } found ? found.Hash.ToArray() : []);
        if (Finding is not { } finding) writer.Array(0);
        else
            writer.Array(5).Text(RuleWords.Of(finding.Fault)).UInt((ulong)finding.SeenAt.ToUnixTimeSeconds())
                .UInt(finding.Version).Bytes(finding.Known.Span).Bytes(finding.Served.Span);
    }

    public static KeptLog Read(CborIn reader)
    {
        reader.Array(5);
        var (key, note) = (reader.Text(0, MaxKey), reader.Bytes(0, MaxNote));
        var (version, hash) = (reader.UInt(), reader.BytesView(0, Hash256.Size));
        return new KeptLog
        {
            KeyText = key,
            Note = note,
            Found = version == 0 ? null : new ManifestPlace(version, new Hash256(hash.Span)),
            Finding = reader.Array(0, 5) == 0 ? null : ReadFinding(reader),
        };
    }

    private static LogFinding ReadFinding(CborIn reader)
    {
        var (word, at, version) = (reader.Text(1, 64), reader.UInt(), reader.UInt());
        var fault = Enum.GetValues<ProtocolFault>()
            .FirstOrDefault(f => f != ProtocolFault.None && RuleWords.Of(f) == word);
        return new LogFinding(fault, ToldTime.At(at), version)
        {
            Known = reader.Bytes(0, MaxNote), Served = reader.Bytes(0, MaxNote),
        };
    }
}
