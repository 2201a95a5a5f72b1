//! Completion scripts: what clap knows of the command line, and the names of contacts, which the program is asked for.

use std::collections::BTreeSet;

use anyhow::Result;
use clap::Command;
use clap_complete::Shell;

use crate::cli::arguments::Arguments;
use crate::cli::output;

/// The commands whose words are names of contacts.
const TAKE_NAMES: &str = "bench|listen|read|send";
const OF_CONTACT: &str = "show|remove";

pub(super) fn print(shell: Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "peerbox", &mut script);
    let script = String::from_utf8(script)?;
    let script = match shell {
        Shell::Bash => script + &bash(),
        Shell::Fish => script + &fish(),
        Shell::Zsh => zsh(&script),
        _ => script,
    };
    output::raw(script.as_bytes())
}

/// The flags of a command and those below it behind which a value stands, and no name of a contact.
fn with_values(command: &Command, found: &mut BTreeSet<String>) {
    let flags = command.get_arguments().filter(|flag| flag.get_action().takes_values());
    found.extend(flags.filter_map(|flag| Some(format!("--{}", flag.get_long()?))));
    command.get_subcommands().for_each(|below| with_values(below, found));
}

fn bash() -> String {
    let mut valued = BTreeSet::new();
    with_values(&Arguments::command(), &mut valued);
    let valued = Vec::from_iter(valued).join("|");
    format!(
        r#"
_peerbox_with_contacts() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}
    local words=" ${{COMP_WORDS[*]:1:COMP_CWORD-1}} "
    _peerbox "$@"
    if [[ $before == --account && $words =~ ^\ (remote|listen)\  ]]; then
        COMPREPLY=($(compgen -W "$(peerbox contact list --accounts 2>/dev/null)" -- "$current"))
    fi
    [[ $current != -* && ! $before =~ ^({valued})$ ]] || return 0
    [[ $words =~ ^\ ({TAKE_NAMES})\  || $words =~ ^\ contact\ (key\ [a-z]+|{OF_CONTACT})\  ]] || return 0
    COMPREPLY+=($(compgen -W "$(peerbox contact list --names 2>/dev/null)" -- "$current"))
}}
complete -F _peerbox_with_contacts -o nosort -o bashdefault -o default peerbox
"#
    )
}

fn fish() -> String {
    let (all, of_contact) = (TAKE_NAMES.replace('|', " "), OF_CONTACT.replace('|', " "));
    format!(
        "\nset -l peerbox_names '(peerbox contact list --names 2>/dev/null)'
complete -c peerbox -n '__fish_seen_subcommand_from {all}' -f -a $peerbox_names
complete -c peerbox -n '__fish_seen_subcommand_from contact; and __fish_seen_subcommand_from {of_contact} key' -f -a \
         $peerbox_names
complete -c peerbox -n '__fish_seen_subcommand_from remote listen' -l account -x -a \
         '(peerbox contact list --accounts 2>/dev/null)'\n"
    )
}

/// There each argument names what completes it, after its words of help.
fn zsh(script: &str) -> String {
    let mut script = script.to_owned();
    for help in ["The contact", "The contacts", "A contact\\, by name or by address\\: a channel of your own"]
    {
        script = script.replace(&format!(" -- {help}:_default"), &format!(" -- {help}:_peerbox_contacts"));
    }
    script = script.replace(":ID_OR_NAME:_default", ":ID_OR_NAME:_peerbox_accounts");
    let end = "\nif [ \"$funcstack[1]\" = \"_peerbox\" ]; then";
    let names = "\n_peerbox_contacts() {
    compadd -- ${(f)\"$(peerbox contact list --names 2>/dev/null)\"}
}
_peerbox_accounts() {
    compadd -- ${(f)\"$(peerbox contact list --accounts 2>/dev/null)\"}
}\n";
    script.replacen(end, &format!("{names}{end}"), 1)
}
