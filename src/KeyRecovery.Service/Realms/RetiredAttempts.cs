using KeyRecovery.Protocol.Realms;

namespace KeyRecovery.Service.Realms;

/// <summary>
/// Guesses that a reset has forgotten, by the first 8 bytes of their ids, the oldest first. None of them is counted again:
/// otherwise whoever kept a reset could bring its attempt back and give all guesses back by it, as often as he liked.
/// </summary>
/// <param name="Packed">8 bytes a guess.</param>
internal readonly record struct RetiredAttempts(ReadOnlyMemory<byte> Packed)
{
    /// <summary>How many are remembered: more resets than a person does in a life with one passphrase.</summary>
    public const int Kept = 128;

    private const int EntrySize = 8;

    /// <summary>The most that a row holds, in bytes.</summary>
    public const int MaxSize = Kept * EntrySize;

    public bool Contains(AttemptId attempt)
    {
        if (Packed.IsEmpty) return false;
        var id = attempt.ToArray().AsSpan(0, EntrySize);
        for (var rest = Packed.Span; !rest.IsEmpty; rest = rest[EntrySize..])
            if (rest[..EntrySize].SequenceEqual(id)) return true;
        return false;
    }

    public RetiredAttempts Add(RealmAttempts attempts)
    {
        var packed = new List<byte>(Packed.Length + (attempts.Count * EntrySize));
        packed.AddRange(Packed.Span);
        foreach (var attempt in attempts.Ids()) packed.AddRange(attempt.ToArray().AsSpan(0, EntrySize));
        return new RetiredAttempts(packed.TakeLast(MaxSize).ToArray());
    }
}
