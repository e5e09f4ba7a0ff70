namespace KeyRecovery.Service.Stores;

/// <summary>Whose the rows of a table are, and so what becomes of them when that owner goes.</summary>
public enum RowsOf
{
    /// <summary>
    /// An account's, in the data store: their ids begin with its locator, they are sealed under its subject key.
    /// </summary>
    Account,

    /// <summary>An account's, in the key store: their ids begin with that of its key row.</summary>
    KeyRow,

    /// <summary>They lead to an account, by its id.</summary>
    Lookup,

    /// <summary>This realm's, for users of this and other servers.</summary>
    Realm,

    /// <summary>
    /// Linkings', in the data store: they live for minutes, and go with the account that opened them.
    /// </summary>
    Link,

    /// <summary>An operator's job's.</summary>
    Job,

    /// <summary>
    /// An app's: what it is told and what is counted of it. Their ids begin with 16 bytes that name the app; whom an
    /// event concerns is sealed under the key of the account, and goes with it.
    /// </summary>
    App,

    /// <summary>The server's own.</summary>
    Server,
}
