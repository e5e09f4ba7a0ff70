namespace KeyRecovery.Service.Linking;

/// <summary>A short name under which a sealed code lies until the session is claimed.</summary>
/// <param name="Name">4 characters of Crockford's base 32, in capitals.</param>
/// <param name="Envelope">105 bytes that only the typed secret opens.</param>
public sealed record LinkNameplate(string Name, ReadOnlyMemory<byte> Envelope)
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// <summary>
    /// Whether a text is a nameplate in its one spelling; readers of typed codes fold others into it.
    /// </summary>
    public static bool IsName(string? text) =>
        text is { Length: LinkRelayLimits.NameplateLength } && text.All(Alphabet.Contains);

    internal bool IsSame(LinkNameplate? other) =>
        other is not null && Name == other.Name && Envelope.Span.SequenceEqual(other.Envelope.Span);

    /// <inheritdoc/>
    public override string ToString() => $"{Envelope.Length} bytes";
}
