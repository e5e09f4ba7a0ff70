namespace KeyRecovery;

/// <summary>What is wrong with a realm or its answer. None of these is a wrong passphrase.</summary>
public enum RealmFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Not an answer of the protocol.</summary>
    Malformed,

    /// <summary>Its keys are not those that the app's configuration pins.</summary>
    Identity,

    /// <summary>The realm's signature on the answer does not verify.</summary>
    Signature,

    /// <summary>The answer is about another realm, slot or request: swapped or replayed.</summary>
    OtherRequest,

    /// <summary>The evaluated element is missing, not canonical, or the identity.</summary>
    Element,

    /// <summary>
    /// The proof does not hold for the share key in the slot's signed parameters: another share, or another element.
    /// </summary>
    Proof,

    /// <summary>The head that the realm was told is not on the served chain.</summary>
    Head,

    /// <summary>The answer is of a version or kind that this program does not know.</summary>
    UpgradeRequired,
}
