namespace KeyRecovery.Service.Stores;

/// <summary>How far a step of the schema is taken.</summary>
public enum Migration
{
    /// <summary>
    /// What is new is made, and nothing that runs is disturbed, where this program's version runs beside the one
    /// before. Two new stores are made whole.
    /// </summary>
    Begin,

    /// <summary>
    /// Programs of before are sent away and waited for; then what is new may be written. There is no way back.
    /// </summary>
    Finish,

    /// <summary>Both at once, without a wait: nobody has the stores open.</summary>
    Whole,
}
