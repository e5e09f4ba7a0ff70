using KeyRecovery.Protocol.Realms;
using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Service.Realms;

/// <summary>
/// The guesses since the last reset, the oldest first: id (16 bytes) and SHA-256 of the blinded element (32) one after
/// the other, so that a guess is counted without taking the list apart.
/// </summary>
/// <param name="Packed">48 bytes a guess.</param>
internal readonly record struct RealmAttempts(ReadOnlyMemory<byte> Packed)
{
    private const int EntrySize = RealmLimits.AttemptBytes + Hash256.Size;

    /// <summary>The most that a row holds: the largest budget.</summary>
    public const int MaxSize = PassphrasePolicy.MaxBudget * EntrySize;

    public int Count => Packed.Length / EntrySize;

    /// <summary>The element that an attempt came with, or null where the attempt is not among them.</summary>
    public Hash256? Find(AttemptId attempt)
    {
        for (var rest = Packed.Span; !rest.IsEmpty; rest = rest[EntrySize..])
            if (IdAt(rest) == attempt) return new Hash256(rest[RealmLimits.AttemptBytes..EntrySize]);
        return null;
    }

    public RealmAttempts Add(AttemptId attempt, Hash256 element)
    {
        var packed = new byte[Packed.Length + EntrySize];
        Packed.Span.CopyTo(packed);
        attempt.ToArray().CopyTo(packed, Packed.Length);
        element.CopyTo(packed.AsSpan(Packed.Length + RealmLimits.AttemptBytes));
        return new RealmAttempts(packed);
    }

    /// <summary>Their ids, the oldest first.</summary>
    public IEnumerable<AttemptId> Ids()
    {
        for (var at = 0; at < Packed.Length; at += EntrySize) yield return IdAt(Packed.Span[at..]);
    }

    private static AttemptId IdAt(ReadOnlySpan<byte> entry) => new(entry[..RealmLimits.AttemptBytes]);
}
