using System.Diagnostics.CodeAnalysis;

namespace KeyRecovery;

/// <summary>What came of reading a typed link code. Groups and positions count from 1.</summary>
public abstract record TypedLinkCodeParse
{
    private TypedLinkCodeParse() { }

    /// <summary>Takes the one or the other apart.</summary>
    /// <param name="code">The code, to be disposed of; null where it does not read.</param>
    /// <param name="refused">What is wrong with it, which is never an <see cref="Ok"/>; null where it reads.</param>
    /// <returns>Whether it reads.</returns>
    public bool TryGet(
        [NotNullWhen(true)] out TypedLinkCode? code, [NotNullWhen(false)] out TypedLinkCodeParse? refused)
    {
        code = (this as Ok)?.Code;
        refused = code is null ? this : null;
        return code is not null;
    }

    /// <summary>The code is whole. Whether it opens anything, only its envelope can tell.</summary>
    /// <param name="Code">The code, to be disposed of.</param>
    public sealed record Ok(TypedLinkCode Code) : TypedLinkCodeParse;

    /// <summary>Characters are missing or too many.</summary>
    /// <param name="Characters">How many were found, without spaces and dashes.</param>
    /// <param name="Expected">How many there should be.</param>
    public sealed record WrongLength(int Characters, int Expected = TypedLinkCode.Characters) : TypedLinkCodeParse;

    /// <summary>A character that no code has: <c>U</c>, or none of the alphabet at all.</summary>
    /// <param name="Group">The group, from 1.</param>
    /// <param name="Position">The position in the group, 1 to 4.</param>
    /// <param name="Character">The character, as typed.</param>
    public sealed record UnreadableCharacter(int Group, int Position, char Character) : TypedLinkCodeParse;

    /// <summary>The check does not fit: at least one character is wrong. One check cannot tell which.</summary>
    public sealed record Mistyped : TypedLinkCodeParse;
}
