namespace KeyRecovery.Service.Log;

/// <summary>The label of a leaf without a manifest: it links nothing to anything.</summary>
internal static class LeafLabel
{
    /// <summary>32 random bytes.</summary>
    public static Hash256 Draw(IRandom random)
    {
        Span<byte> drawn = stackalloc byte[Hash256.Size];
        random.Fill(drawn);
        return new Hash256(drawn);
    }
}
