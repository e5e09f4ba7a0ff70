namespace KeyRecovery.Protocol.Vault;

/// <summary>Why a text is no name (docs/protocol.md §5).</summary>
public enum GivenNameFault
{
    /// <summary>It is one.</summary>
    None,

    /// <summary>It is not well-formed Unicode.</summary>
    NotText,

    /// <summary>It is empty.</summary>
    Empty,

    /// <summary>Nothing of it is seen.</summary>
    Invisible,

    /// <summary>It has a character that moves the writing: a control character, or one that turns it.</summary>
    ControlCharacter,

    /// <summary>It has more than <see cref="Limits.NameBytes"/> bytes of UTF-8 in NFC.</summary>
    TooLong,
}
