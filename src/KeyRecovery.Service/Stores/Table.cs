namespace KeyRecovery.Service.Stores;

/// <summary>The tables of the two stores. The numbers are part of what rows are sealed under, and never change.</summary>
public enum Table
{
    /// <summary>Data store: one row an account: heads, hashes, active authorities. The commit point.</summary>
    Accounts = 1,

    /// <summary>Data store: the links of the sigchains. Immutable.</summary>
    Links = 2,

    /// <summary>Data store: the newest keyset of each account.</summary>
    Keysets = 3,

    /// <summary>Data store: manifests. Immutable.</summary>
    Manifests = 4,

    /// <summary>Data store: ciphertexts of items, by content. Immutable.</summary>
    Items = 5,

    /// <summary>Data store: items that no manifest names yet.</summary>
    Staging = 6,

    /// <summary>Data store: which older versions of an item are kept.</summary>
    History = 7,

    /// <summary>Key store: one key row an account.</summary>
    KeyRows = 64,

    /// <summary>Key store: which account an app's user has.</summary>
    Subjects = 65,

    /// <summary>Key store: which account a recovery slot opens.</summary>
    Slots = 66,

    /// <summary>Key store: the server's own secrets, wrapped by the root key.</summary>
    Secrets = 67,

    /// <summary>Key store: this realm's share and guess counter of a passphrase slot.</summary>
    RealmSlots = 68,

    /// <summary>Key store: which slots a user has at this realm.</summary>
    RealmSubjects = 69,

    /// <summary>Key store: an account's erasure, asked for, under way or done.</summary>
    Erasures = 70,

    /// <summary>Key store: operators' erasure jobs, and their lines.</summary>
    ErasureJobs = 71,
}
