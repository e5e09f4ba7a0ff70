namespace KeyRecovery.Protocol.Realms;

/// <summary>The name of one guess, 16 random bytes: the same name again is the same guess, and counted once.</summary>
public readonly record struct AttemptId
{
    private readonly Bytes16 _bytes;

    /// <summary>Reads an id.</summary>
    /// <exception cref="ArgumentException">Not 16 bytes.</exception>
    public AttemptId(ReadOnlySpan<byte> bytes) => _bytes = new Bytes16(bytes);

    /// <summary>Draws an id.</summary>
    public static AttemptId Draw(IRandom random)
    {
        Span<byte> bytes = stackalloc byte[Bytes16.Size];
        random.Fill(bytes);
        return new AttemptId(bytes);
    }

    /// <summary>The 16 bytes.</summary>
    public byte[] ToArray() => _bytes.ToArray();

    /// <summary>Base64url.</summary>
    public override string ToString() => _bytes.ToString();
}
