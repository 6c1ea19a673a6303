"""What a mail server says to somebody who asks for STARTTLS and leaves: no mail is ever begun."""
