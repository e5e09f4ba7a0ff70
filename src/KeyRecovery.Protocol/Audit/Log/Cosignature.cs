using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>
/// A witness's word that at some time a checkpoint was the largest it had seen of its log, and consistent with all
/// before (C2SP tlog-cosignature, cosignature/v1): 8 bytes of time and an Ed25519 signature.
/// </summary>
public static class Cosignature
{
    private const int Size = sizeof(ulong) + SigningKey.SignatureSize;

    /// <summary>Cosigns a checkpoint's note.</summary>
    /// <param name="checkpoint">The note.</param>
    /// <param name="time">Seconds since 1970, 1 to 2^63 − 1: a witness leaves none out.</param>
    /// <param name="name">The witness's name.</param>
    /// <param name="key">The witness's key.</param>
    /// <exception cref="ArgumentException">The note is no checkpoint, the time none, or the name none.</exception>
    public static NoteSignature Sign(SignedNote checkpoint, ulong time, string name, SigningKey key)
    {
        if (!Checkpoint.TryParse(checkpoint.Text, out _)) Throw.Argument(nameof(checkpoint), "no checkpoint");
        if (time is 0 or > long.MaxValue) Throw.Argument(nameof(time), "must lie between 1 and 2^63 - 1");
        var witness = NoteKey.Of(name, NoteSignatureType.Cosignature, key.PublicKey);
        var signature = new byte[Size];
        BinaryPrimitives.WriteUInt64BigEndian(signature, time);
        key.SignNote(Message(checkpoint.Text, time)).CopyTo(signature.AsSpan(sizeof(ulong)));
        return new NoteSignature(name, witness.Id, signature);
    }

    /// <summary>
    /// When a witness cosigned a checkpoint's note; null where it did not, or where one of several cosignatures under
    /// its name and id is wrong. Of several the newest.
    /// </summary>
    public static ulong? FindTime(SignedNote checkpoint, NoteKey witness)
    {
        if (witness.Type != NoteSignatureType.Cosignature || !Checkpoint.TryParse(checkpoint.Text, out _)) return null;
        ulong? newest = null;
        foreach (var (_, _, signature) in checkpoint.Of(witness))
        {
            if (signature.Length != Size) return null;
            var time = BinaryPrimitives.ReadUInt64BigEndian(signature.Span);
            if (time > long.MaxValue) return null;
            if (!witness.Key.VerifyNote(Message(checkpoint.Text, time), signature.Span[sizeof(ulong)..])) return null;
            newest = Math.Max(newest ?? 0, time);
        }

        return newest;
    }

    private static byte[] Message(string text, ulong time) => Encoding.UTF8.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"cosignature/v1\ntime {time}\n{text}"));
}
