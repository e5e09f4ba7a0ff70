using System.Diagnostics.CodeAnalysis;

namespace KeyRecovery;

/// <summary>
/// What came of reading a recovery code. Groups and positions count from 1 and leave the prefix out, as a person with
/// the paper in hand counts them.
/// </summary>
public abstract record RecoveryCodeParse
{
    private RecoveryCodeParse() { }

    /// <summary>Takes the one or the other apart.</summary>
    /// <param name="code">The code, to be disposed of; null where it does not read.</param>
    /// <param name="refused">What is wrong with it, which is never an <see cref="Ok"/>; null where it reads.</param>
    /// <returns>Whether it reads.</returns>
    public bool TryGet([NotNullWhen(true)] out RecoveryCode? code, [NotNullWhen(false)] out RecoveryCodeParse? refused)
    {
        code = (this as Ok)?.Code;
        refused = code is null ? this : null;
        return code is not null;
    }

    /// <summary>The code is whole. Whether it opens anything, only an account can tell.</summary>
    /// <param name="Code">The code, to be disposed of.</param>
    public sealed record Ok(RecoveryCode Code) : RecoveryCodeParse;

    /// <summary>Characters are missing or too many.</summary>
    /// <param name="Characters">How many were found, without prefix, spaces and dashes.</param>
    /// <param name="Expected">How many there should be.</param>
    public sealed record WrongLength(int Characters, int Expected = RecoveryCode.Characters) : RecoveryCodeParse;

    /// <summary>
    /// A character that no code has: <c>b</c>, <c>i</c>, <c>o</c>, <c>1</c>, or none of the alphabet at all.
    /// </summary>
    /// <param name="Group">The group, from 1.</param>
    /// <param name="Position">The position in the group, 1 to 4.</param>
    /// <param name="Character">The character, as typed.</param>
    public sealed record UnreadableCharacter(int Group, int Position, char Character) : RecoveryCodeParse;

    /// <summary>One character looks wrong. To be asked, never to be corrected without a word.</summary>
    /// <param name="Group">The group, 1 to 8.</param>
    /// <param name="Position">The position in the group, 1 to 4.</param>
    /// <param name="Found">The character, in lower case.</param>
    /// <param name="Suggestion">The one that would make the code whole.</param>
    public sealed record Typo(int Group, int Position, char Found, char Suggestion) : RecoveryCodeParse
    {
        /// <summary>The place only: the characters are part of a secret.</summary>
        public override string ToString() => $"{nameof(Typo)} {{ Group = {Group}, Position = {Position} }}";
    }

    /// <summary>More than one character is wrong.</summary>
    public sealed record Unreadable : RecoveryCodeParse;

    /// <summary>The code is whole, and of a version that this software does not know.</summary>
    public sealed record UnknownVersion : RecoveryCodeParse;
}
