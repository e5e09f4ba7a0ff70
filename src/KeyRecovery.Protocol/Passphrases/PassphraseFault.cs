namespace KeyRecovery;

/// <summary>Why a text is no passphrase.</summary>
public enum PassphraseFault
{
    /// <summary>It is one.</summary>
    None,

    /// <summary>Nothing, or blanks only.</summary>
    Empty,

    /// <summary>More than 1,024 bytes of UTF-8.</summary>
    TooLong,

    /// <summary>Half a character.</summary>
    NotText,

    /// <summary>A tab, a line break or another control character.</summary>
    ControlCharacter,

    /// <summary>
    /// A character that Unicode 15.0 has not assigned: another device might not know it, or treat it otherwise.
    /// </summary>
    UnassignedCharacter,
}
