namespace KeyRecovery;

/// <summary>Why a session ended before its end. Each is terminal: a new try needs a new code.</summary>
public enum LinkFailure
{
    /// <summary>
    /// The handshake did not hold: another code, app or server on the other side, somebody without the displayed key,
    /// or a message that was changed.
    /// </summary>
    Handshake,

    /// <summary>A message was changed, dropped, repeated, cut off or put in another place on its way.</summary>
    Tampered,

    /// <summary>The other device sent what is not due here.</summary>
    UnexpectedMessage,

    /// <summary>The digits were wrong, three times or in truth.</summary>
    WrongDigits,

    /// <summary>The new device revealed something else than it had committed to.</summary>
    BrokenCommitment,

    /// <summary>The offered link does not add exactly this device.</summary>
    WrongDraft,

    /// <summary>The new device does not hold the key that it told.</summary>
    BadPossession,

    /// <summary>The chain is not the offered one with this device in it.</summary>
    WrongChain,

    /// <summary>The bundle is too long, incomplete, or was not sealed to this device in this session.</summary>
    WrongBundle,

    /// <summary>The new device acknowledged another bundle.</summary>
    WrongReceipt,

    /// <summary>The other device uses a format that this program does not know.</summary>
    UpgradeRequired,

    /// <summary>The person said no on the other device.</summary>
    Declined,

    /// <summary>The other device stopped.</summary>
    Cancelled,

    /// <summary>The other device found a fault and ended the session.</summary>
    PeerFailed,
}
